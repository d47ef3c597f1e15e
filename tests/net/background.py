"""What goes on in threads while a test does something else."""
import threading

from lan import DEADLINE, watched


class Background:
    """Each step is done again and again, in a thread of its own, until the end of `with`, or from start() to end(). What one
    has raised is raised in the test, too: when that waits for something, and at the end, where it comes before what else
    has failed."""

    def __init__(self, *steps):
        self._over, self._raised = threading.Event(), []
        self._threads = [threading.Thread(target=self._run, args=[step], daemon=True) for step in steps]

    def _run(self, step):
        try:
            while not self._over.is_set():
                step()
        except Exception as error:
            self._raised.append(error)

    def start(self):
        watched.add(self._raised_by)
        for thread in self._threads:
            thread.start()
        return self

    def end(self, cause=None):
        self._over.set()
        watched.discard(self._raised_by)
        for thread in self._threads:
            thread.join(DEADLINE)
        error = self._raised_by()
        if error and error is not cause:
            raise error from cause
        assert not self.is_alive(), "a thread does not end"

    def is_alive(self):
        return any(thread.is_alive() for thread in self._threads)

    def _raised_by(self):
        return self._raised[0] if self._raised else None

    def __enter__(self):
        return self.start()

    def __exit__(self, _, cause, __):
        self.end(cause)
