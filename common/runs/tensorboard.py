"""What a run tells TensorBoard (the extra "tensorboard"); a run without --tensorboard has none."""

import time

from common.errors import UserError


def require_package():
    """Return TensorBoard's modules of events, of summaries, and its writer.

    Raises:
        UserError: the package is missing.
    """
    try:
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise UserError(
            '--tensorboard needs a package more: pip install -e ".[tensorboard]"'
        ) from error
    return event_pb2, summary_pb2, EventFileWriter


class Board:
    """Writes events into a folder that `tensorboard --logdir` shows.

    Args:
        folder: where to; it is made.
        start: iteration from which on older events of a resumed run no longer hold.
    """

    def __init__(self, folder, start):
        self.events, self.summaries, create_writer = require_package()
        self.writer = create_writer(str(folder))
        begun = self.events.SessionLog(status=self.events.SessionLog.START)
        self.add(start, session_log=begun)

    def add(self, iteration, **what):
        """Write one event."""
        self.writer.add_event(self.events.Event(wall_time=time.time(), step=iteration, **what))

    def numbers(self, group, row):
        """Write a row of losses.csv or metrics.csv, a dict with an iteration.

        Args:
            group: name before each number's, "losses" or "metrics".
            row: dict from column name to number.
        """
        values = [
            self.summaries.Summary.Value(tag=f"{group}/{name}", simple_value=number)
            for name, number in row.items()
            if name != "iteration"
        ]
        self.add(row["iteration"], summary=self.summaries.Summary(value=values))

    def picture(self, iteration, path):
        """Write a sample grid, a PNG file."""
        image = self.summaries.Summary.Image(encoded_image_string=path.read_bytes())
        value = self.summaries.Summary.Value(tag="samples", image=image)
        self.add(iteration, summary=self.summaries.Summary(value=[value]))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        """Write what is still in memory."""
        self.writer.close()
