"""The step screen on a net of pictures: every operation is shown, and every cell can be chosen."""

from tests.ui.step.walk import walking
from tui_backprop.settings.hyperparameters import Hyperparameters

CONV = Hyperparameters(
    dataset="digits",
    layers="conv 2 3x3, relu, pool 2, affine 10",
    batch_size=3,
    iterations=5,
    weight_std=0.3,
)


async def test_a_convolutional_net_is_walked_through_cell_by_cell() -> None:
    async with walking(CONV) as walk:
        seen = {}
        for step in range(1, 18):
            await walk.go_to(step)
            matrix = walk.matrix()
            assert matrix.named is not None
            shape = matrix.named.array.shape
            index = matrix.index
            assert len(index) == len(shape)
            assert all(0 <= place < size for place, size in zip(index, shape, strict=True))
            matrix.look_at(index)
            assert matrix.index == index
            seen[matrix.named.label] = shape
        assert seen["Conv1.out"] == (3, 2, 6, 6)
        assert seen["Pool1.dx"] == (3, 2, 6, 6)
        assert seen["dW1"] == (2, 1, 3, 3)


async def test_the_cursor_moves_through_a_picture() -> None:
    async with walking(CONV) as walk:
        await walk.go_to(1)
        matrix = walk.matrix()
        matrix.look_at((1, 0, 5, 2))
        await walk.press("tab")
        while walk.focus != "result":
            await walk.press("tab")
        await walk.press("down", "right")
        assert matrix.index == (1, 1, 0, 3)
