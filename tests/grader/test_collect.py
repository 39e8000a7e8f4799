"""What is taken from a submission, in whatever form it comes, and what is left out."""

import gzip
import io
import os
import tarfile
import zipfile

import pytest

from grader.collect import MAX_FILE_BYTES, MAX_FILES, MAX_NOTES, collect
from grader.errors import UsageError

NAMES = ("windowing", "lstm")


def taken(path):
    with collect(path, NAMES) as collected:
        files = {str(file.relative_to(collected.folder)) for file in collected.folder.rglob("*") if file.is_file()}
        return files, [str(note.detail) for note in collected.notes]


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "Mi entrega"
    (root / "exercises" / "tools").mkdir(parents=True)
    (root / "exercises" / "windowing.py").write_text("x = 1\n")
    (root / "exercises" / "utils.py").write_text("y = 2\n")
    (root / "exercises" / "tools" / "__init__.py").write_text("")
    (root / "exercises" / "conftest.py").write_text("raise SystemExit\n")
    (root / "exercises" / "notes.txt").write_text("hello")
    (root / ".git").mkdir()
    (root / "pytest.ini").write_text("[pytest]\naddopts = -k none\n")
    return root


MODULES = {"windowing.py", "utils.py", "tools/__init__.py"}


def test_a_repository_gives_its_modules_and_their_helpers(repository):
    files, notes = taken(repository)
    assert files == MODULES
    assert any("conftest.py" in note for note in notes)


def test_the_folder_of_the_modules_is_a_submission_too(repository):
    assert taken(repository / "exercises")[0] == MODULES


def test_one_module_is_a_submission_of_one_exercise(repository):
    with collect(repository / "exercises" / "windowing.py", NAMES) as collected:
        assert collected.exercise == "windowing"


@pytest.mark.parametrize("inside", ["", "student-repo/"])
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_archives_are_unpacked_with_or_without_a_folder_around(repository, tmp_path, kind, inside):
    path = tmp_path / f"hand-in.{kind}"
    files = [file for file in repository.rglob("*") if file.is_file()]
    names = {file: inside + str(file.relative_to(repository)) for file in files}
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file, name in names.items():
                archive.write(file, name)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for file, name in names.items():
                archive.add(file, name)
    assert taken(path)[0] == MODULES


def test_a_member_that_leads_out_of_the_archive_is_left_out(tmp_path):
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escaped.py", "x = 1")
        archive.writestr("windowing.py", "x = 1")
    files, notes = taken(path)
    assert files == {"windowing.py"}
    assert not (tmp_path.parent / "escaped.py").exists()
    assert any("escaped" in note for note in notes)


def test_a_bomb_and_a_broken_archive_are_graded_as_empty(tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(70):
            archive.writestr(f"m{number}.py", b"#" * 2**20)
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"\x1f\x8bnot really")
    for path, words in ((bomb, "MiB"), (broken, "cannot be unpacked")):
        files, notes = taken(path)
        assert files == set()
        assert words in notes[0]


def test_a_link_in_an_archive_is_left_out(tmp_path):
    path = tmp_path / "link.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("windowing.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        content = tarfile.TarInfo("lstm.py")
        content.size = 4
        archive.addfile(content, io.BytesIO(b"x=1\n"))
    assert taken(path)[0] == {"lstm.py"}


def test_links_pipes_and_huge_files_are_left_out_and_said(repository):
    folder = repository / "exercises"
    (folder / "lstm.py").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.py")
    (folder / "large.py").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    files, notes = taken(repository)
    assert files == MODULES
    assert len([note for note in notes if "regular" in note]) == 2
    assert any("large.py" in note for note in notes)


def test_what_can_never_be_a_submission_is_said_in_one_sentence(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"")
    (tmp_path / "other.py").write_text("")
    for name, words in (("nowhere", "there is no"), ("picture.png", "cannot be graded"), ("other.py", "not one of")):
        with pytest.raises(UsageError, match=words), collect(tmp_path / name, NAMES):
            pass


def test_everything_that_is_not_taken_is_named(repository):
    folder = repository / "exercises"
    (folder / "__pycache__").mkdir()
    (folder / "fast.so").write_bytes(b"\x7fELF")
    (folder / "-rf.py").write_text("")
    (folder / "a\nb.py").write_text("")
    (folder / "windowing.es.md").write_text("enunciado")
    (repository / "conftest.py").write_text("")
    files, notes = taken(repository)
    assert files == MODULES
    for name in ("__pycache__/", "fast.so", "-rf.py", "a?b.py", "conftest.py", "notes.txt"):
        assert any(note.startswith(f"{name}:") for note in notes), name
    assert not any("windowing" in note for note in notes)


def test_a_long_list_of_what_is_left_out_is_cut(repository):
    for number in range(50):
        (repository / "exercises" / f"data{number}.csv").write_text("")
    notes = taken(repository)[1]
    assert len(notes) == MAX_NOTES + 1
    assert notes[-1].startswith("32 more")


def test_modules_in_folders_of_the_student_s_own_are_found(repository, tmp_path):
    (repository / "README.md").write_text("hello")
    outer = tmp_path / "entregas"
    (outer / "tp 1").mkdir(parents=True)
    repository.rename(outer / "tp 1" / "Mi entrega")
    assert taken(outer)[0] == MODULES


def test_a_virtual_environment_beside_the_modules_changes_nothing(repository, tmp_path):
    packages = repository / "exercises" / ".venv" / "lib"
    packages.mkdir(parents=True)
    for number in range(80):
        (packages / f"windowing{number}.py").write_bytes(b"#" * 2**20)
    assert taken(repository)[0] == MODULES
    path = tmp_path / "hand-in.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (file for file in repository.rglob("*") if file.is_file()):
            archive.write(file, file.relative_to(repository))
    assert taken(path)[0] == MODULES


def test_no_more_modules_are_taken_than_a_course_can_need(repository):
    for number in range(MAX_FILES + 50):
        (repository / "exercises" / f"z{number}.py").write_text("")
    assert len(taken(repository)[0]) == MAX_FILES


def test_of_two_members_with_one_name_the_first_is_taken_and_that_is_said(tmp_path):
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("windowing.py", "x = 1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("windowing.py", "raise SystemExit")
    with collect(path, NAMES) as collected:
        assert (collected.folder / "windowing.py").read_text() == "x = 1"
    assert any("more than once" in note for note in taken(path)[1])


def test_a_header_that_asks_for_gigabytes_is_not_believed(tmp_path):
    path = tmp_path / "bomb.tar.gz"
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 4 * 2**30
    with gzip.open(path, "wb") as stream:
        stream.write(header.tobuf())
        stream.write(bytes(2**20))
    files, notes = taken(path)
    assert files == set()
    assert "MiB" in notes[0]


def test_whatever_the_umask_a_worker_of_another_user_can_read_the_modules(repository):
    before = os.umask(0o077)
    try:
        with collect(repository, NAMES) as collected:
            modes = {path.stat().st_mode & 0o777 for path in (collected.folder, *collected.folder.rglob("*"))}
    finally:
        os.umask(before)
    assert modes == {0o755, 0o644}
