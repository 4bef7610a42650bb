"""Files that came by hand, on a stick or over a share: the same ingest as over the network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.errors import ConfigError, LinkError
from loyaltyd.hq.ingest import Answer, Headquarters
from loyaltyd.link.spool import ACK, BATCH, DAY, IN, OUT, REFUSAL, Box
from loyaltyd.link.wire import FILE_BYTES_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of one file."""

    path: Path
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A file to import, and where its answer goes, if anywhere."""

    box: Box
    name: str
    answers: Box | None = None


def imported(hq: Headquarters, paths: Sequence[Path]) -> Iterator[Imported]:
    """Import files, and folders laid out as a spool: out/ is read, answers are written to in/.

    Whatever a file lacks another one may hold: those refused for a gap are offered again while
    others are taken. ConfigError when a path is neither; LinkError, after all others were taken,
    when a file can't be read or answered: many tills may use one folder.
    """
    failures: list[LinkError] = []
    waiting = [source for path in paths for source in _sources(path)]
    while waiting:
        gaps, before = [], len(waiting)
        for source in waiting:
            answer = _offered(hq, source, failures)
            if answer is None:
                continue
            if answer.reason is BatchReason.GAP:
                gaps.append((source, answer))
            else:
                yield _answered(source, answer, failures)
        if len(gaps) == before:
            yield from (_answered(source, answer, failures) for source, answer in gaps)
            break
        waiting = [source for source, _ in gaps]
    if failures:
        raise failures[0]


def _sources(path: Path) -> list[_Source]:
    if path.is_dir():
        box = Box(path / OUT)
        if not box.folder.is_dir():
            raise ConfigError(f"{path}: has no folder {OUT}/: is it laid out as a spool?")
        answers = Box(path / IN)
        return [
            _Source(box=box, name=name, answers=answers)
            for name in box.names()
            if name.endswith((BATCH, DAY))
        ]
    if not path.is_file():
        raise ConfigError(f"{path}: no file or folder here")
    file = path.resolve()  # a box leads through no link, and here a person has named it
    return [_Source(box=Box(file.parent), name=file.name)]


def _offered(hq: Headquarters, source: _Source, failures: list[LinkError]) -> Answer | None:
    try:
        data = source.box.read(source.name, FILE_BYTES_MAX)
    except LinkError as error:
        failures.append(error)
        return None
    return None if data is None else hq.taken(data)  # None: it went since it was listed


def _answered(source: _Source, answer: Answer, failures: list[LinkError]) -> Imported:
    if source.answers is not None:
        suffix = ACK if answer.reason is None else REFUSAL
        try:
            source.answers.folder.mkdir(exist_ok=True)
            source.answers.put(f"{source.name}{suffix}", answer.data)
        except OSError as error:
            said = (error.strerror or str(error)).lower()
            failures.append(LinkError(f"{source.answers.folder}: {said}"))
        except LinkError as error:
            failures.append(error)
    return Imported(path=source.box.folder / source.name, answer=answer)
