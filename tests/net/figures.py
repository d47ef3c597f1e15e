"""What a test has measured."""
import os


def report(figure):
    """It is printed, and added to the file that MCASTD_FIGURES names."""
    print(figure)
    if path := os.environ.get("MCASTD_FIGURES"):
        with open(path, "a") as file:
            file.write(f"{figure}\n")
