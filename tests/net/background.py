"""What goes on in threads while a test does something else."""
import threading

from lan import DEADLINE


class Background:
    """Each step is done again and again, in a thread of its own, until the end of `with`, where what one has raised is
    raised again."""

    def __init__(self, *steps):
        self._over, self._raised = threading.Event(), []
        self._threads = [threading.Thread(target=self._run, args=[step], daemon=True) for step in steps]

    def _run(self, step):
        try:
            while not self._over.is_set():
                step()
        except Exception as error:
            self._raised.append(error)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(DEADLINE)
        if self._raised:
            raise self._raised[0]
        assert not any(thread.is_alive() for thread in self._threads), "a thread does not end"
