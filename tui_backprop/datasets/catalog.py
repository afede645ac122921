"""The built-in datasets by name, for help texts and choices; imports nothing."""

BUILTIN: dict[str, str] = {
    "mnist": "60,000 + 10,000 handwritten digits, 28x28 pixels (LeCun, Cortes, Burges)",
    "digits": "1,437 + 360 handwritten digits, 8x8 pixels of 0 to 16 (Alpaydin, Kaynak)",
    "spiral": "300 + 300 generated points in the plane, 3 intertwined classes",
}
