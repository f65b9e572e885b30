"""Where the inputs of a fuzz harness are."""
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/fuzz"
NAMES = sorted(p.stem.removeprefix("fuzz_") for p in HERE.glob("fuzz_*.c"))
# The whole compiler reads what the parser reads, and so does the formatter.
LIKE = {"compile": "parse", "fmt": "parse"}


def regress(name):
    return HERE / "regress" / name


def folders(name, build):
    """Every folder with inputs, as text; `build` is the folder of its seeds."""
    places = [HERE / "corpus" / name, regress(name), build / "seeds" / name]
    if name in LIKE:
        places += [pathlib.Path(p) for p in folders(LIKE[name], build)]
    return [str(p) for p in places if p.is_dir() and any(p.iterdir())]


def dictionary(name):
    path = HERE / f"{LIKE.get(name, name)}.dict"
    return path if path.exists() else None
