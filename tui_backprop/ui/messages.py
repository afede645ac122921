"""Messages that any screen may post to the app."""

from textual.message import Message

from tui_backprop.session.messages import Command


class CommandRequested(Message):
    """The person asked for something the training process does."""

    def __init__(self, command: Command) -> None:
        super().__init__()
        self.command = command
