"""What the makers of archives share: a tar or zip of a student's, with members of any kind."""
import io
import os
import tarfile
import zipfile


class Pack:
    """A tar, with the solution as its server.cpp unless told otherwise."""

    def __init__(self, folder, solution, mode="w", name="mallory.tar"):
        self.file = os.path.join(folder, name)
        self.tar = tarfile.open(self.file, mode)
        with open(solution, "rb") as file:
            self.solution = file.read()

    def add(self, name, data=b"evil\n"):
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        self.tar.addfile(entry, io.BytesIO(data))

    def add_special(self, name, kind, target=""):
        entry = tarfile.TarInfo(name)
        entry.type = kind
        entry.linkname = target
        entry.devmajor, entry.devminor = 1, 5
        self.tar.addfile(entry)

    def close(self, with_server=True):
        if with_server:
            self.add("server.cpp", self.solution)
        self.tar.close()


def new_zip(folder, name="mallory.zip"):
    return zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_DEFLATED)
