// Archives as strangers make them.

#include "grading/class/archive.h"
#include "tests/grading/class_fixture.h"

using namespace grading;
namespace fs = std::filesystem;

namespace {

class ArchiveTest : public fixture::Class {
protected:
    ArchiveTest()
    {
        options.layout.build = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
        fs::permissions(root, fs::perms(0711)); // strangers run programs of it
    }

    Unpacked unpack_made_by(const std::string& lines)
    {
        fixture::python(root / "made", "import io, tarfile, zipfile\n" + lines);
        for (const auto& entry : fs::directory_iterator(root / "made")) {
            return unpack(entry.path(), root / "unpacked" / "one", options);
        }
        throw std::runtime_error("python made no archive");
    }
    // A tar with a good server.cpp, and one more entry.
    Unpacked tar_with(const std::string& more)
    {
        return unpack_made_by(R"(
t = tarfile.open("a.tar", "w")
def add(name, data=b"x", **more):
    i = tarfile.TarInfo(name)
    i.size = len(data)
    for k, v in more.items(): setattr(i, k, v)
    t.addfile(i, io.BytesIO(data))
add("server.cpp", b"good")
)" + more + "\nt.close()\n");
    }
    void expect_rejected(const Unpacked& unpacked, const std::string& reason) const
    {
        EXPECT_NE(unpacked.rejected.find(reason), std::string::npos) << unpacked.rejected;
        EXPECT_EQ(unpacked.folder, fs::path());
        for (const auto& entry : fs::recursive_directory_iterator(root / "unpacked")) {
            EXPECT_NE(entry.path().filename(), "server.cpp");
        }
    }

    UnpackOptions options;
};

TEST_F(ArchiveTest, TakesTheServersAndNothingElse)
{
    const Unpacked unpacked = tar_with("add('labs/02/server.cpp', b'two')\nadd('Makefile')");
    ASSERT_EQ(unpacked.rejected, "");
    EXPECT_EQ(contents_of(unpacked.folder / "server.cpp"), "good");
    EXPECT_EQ(contents_of(unpacked.folder / "labs/02/server.cpp"), "two");
    EXPECT_FALSE(fs::exists(unpacked.folder / "Makefile"));
}

TEST_F(ArchiveTest, TakesEveryFormat)
{
    for (const std::string mode : {"w:gz", "w:xz", "w"}) {
        fs::remove_all(root / "made");
        fs::remove_all(root / "unpacked");
        const Unpacked unpacked =
            unpack_made_by("t = tarfile.open('a', '" + mode +
                           "')\ni = tarfile.TarInfo('s/server.cpp')\ni.size = 4\n"
                           "t.addfile(i, io.BytesIO(b'good'))\nt.close()\n");
        EXPECT_EQ(unpacked.rejected, "") << mode;
        EXPECT_EQ(contents_of(unpacked.folder / "s/server.cpp"), "good");
    }
    fs::remove_all(root / "made");
    fs::remove_all(root / "unpacked");
    const Unpacked zip = unpack_made_by("z = zipfile.ZipFile('a.zip', 'w')\n"
                                        "z.writestr('__MACOSX/server.cpp', 'no')\n"
                                        "z.writestr('server.cpp', 'good')\nz.close()\n");
    EXPECT_EQ(contents_of(zip.folder / "server.cpp"), "good");
    EXPECT_FALSE(fs::exists(zip.folder / "__MACOSX"));
}

TEST_F(ArchiveTest, RejectsNamesThatLeadElsewhere)
{
    expect_rejected(tar_with("add('../server.cpp')"), "..");
    fs::remove_all(root / "unpacked");
    expect_rejected(tar_with("add('a/../../server.cpp')"), "..");
    fs::remove_all(root / "unpacked");
    expect_rejected(tar_with("add('/etc/server.cpp')"), "absolute");
    fs::remove_all(root / "unpacked");
    expect_rejected(tar_with("add('a\\n\\x1b[2Jb')"), "control characters");
    fs::remove_all(root / "unpacked");
    expect_rejected(tar_with("add('d/' * 40 + 'server.cpp')"), "too deep");
    fs::remove_all(root / "unpacked");
    expect_rejected(tar_with("add('a' * 300 + '/server.cpp')"), "too long");
    EXPECT_FALSE(fs::exists(root / "server.cpp"));
}

TEST_F(ArchiveTest, RejectsAFileThatIsAFolderToo)
{
    for (const std::string more : {"add('server.cpp/server.cpp')",
                                   "add('a/server.cpp/b/server.cpp')\nadd('a/server.cpp')"}) {
        fs::remove_all(root / "unpacked");
        expect_rejected(tar_with(more), "a file and a folder");
    }
}

// By the folder that it is in; the others are not wanted, whatever they are called.
TEST_F(ArchiveTest, TakesAServerWhateverLanguageItsFolderIsIn)
{
    const std::string zip = "z = zipfile.ZipFile('a.zip', 'w')\n"
                            "z.writestr('Übung/server.cpp', 'good')\nz.close()\n";
    EXPECT_EQ(contents_of(unpack_made_by(zip).folder / "Übung/server.cpp"), "good");
    fs::remove_all(root / "unpacked");
    fs::remove_all(root / "made");
    const Unpacked tar = tar_with("add('García/server.cpp', b'hers')"); // by a pax header
    EXPECT_EQ(contents_of(tar.folder / "García/server.cpp"), "hers");
}

TEST_F(ArchiveTest, TakesAServerBesideAZippedNameThatIsNoUtf8)
{
    const auto zip_with = [&](const std::string& name) {
        fs::remove_all(root / "unpacked");
        fs::remove_all(root / "made");
        return unpack_made_by(
            "z = zipfile.ZipFile('a.zip', 'w')\nz.writestr('" + name + "', 'x')\n" +
            "z.writestr('server.cpp', 'good')\nz.close()\nwhole = open('a.zip', 'rb').read()\n"
            "cp437 = b'\\x9a\\xff'\n"
            "open('a.zip', 'wb').write(whole.replace(b'Xx', cp437).replace('Ü'.encode(), "
            "cp437))\n");
    };
    const Unpacked old = zip_with("Xxbung.txt");
    ASSERT_EQ(old.rejected, "");
    EXPECT_EQ(contents_of(old.folder / "server.cpp"), "good");
    // One that says that it is UTF-8: what it is called nobody knows.
    expect_rejected(zip_with("Übung.txt"), "one of its names cannot be read");
}

TEST_F(ArchiveTest, TakesAServerBesideAPaxNameThatIsNoUtf8)
{
    const std::string broken = "t.close()\nwhole = open('a.tar', 'rb').read()\n"
                               "open('a.tar', 'wb').write(whole.replace('í'.encode(), b'\\xed'*2))";
    const Unpacked beside = tar_with("add('García.txt')\n" + broken);
    ASSERT_EQ(beside.rejected, "");
    EXPECT_EQ(contents_of(beside.folder / "server.cpp"), "good");
    fs::remove_all(root / "unpacked");
    expect_rejected(tar_with("add('García/server.cpp')\n" + broken), "converted");
}

TEST_F(ArchiveTest, RejectsWhatIsNoFile)
{
    for (const std::string type : {"SYMTYPE", "LNKTYPE"}) {
        fs::remove_all(root / "unpacked");
        expect_rejected(
            tar_with("add('l/server.cpp', b'', type=tarfile." + type + ", linkname='/etc/passwd')"),
            "a link");
    }
    for (const std::string type : {"CHRTYPE", "BLKTYPE", "FIFOTYPE"}) {
        fs::remove_all(root / "unpacked");
        expect_rejected(tar_with("add('server.cpp', b'', type=tarfile." + type + ")"),
                        "neither a file nor a folder");
    }
}

TEST_F(ArchiveTest, RejectsBombs)
{
    expect_rejected(tar_with("for n in range(20001): add('f%d' % n, b'')"), "too many");
    fs::remove_all(root / "unpacked");
    expect_rejected(tar_with("add('02/server.cpp', b'x' * (1 << 20) + b'y')"), "too large");
    fs::remove_all(root / "unpacked");
    fs::remove_all(root / "made");
    // 2 GiB of nothing, as a zip of 2 MB.
    expect_rejected(unpack_made_by("z = zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED)\n"
                                   "z.writestr('server.cpp', 'good')\n"
                                   "with z.open('zeros', 'w', force_zip64=True) as f:\n"
                                   "    for n in range(300): f.write(bytes(1 << 20))\n"
                                   "z.close()\n"),
                    "too large");
}

TEST_F(ArchiveTest, RejectsAFileWithHoles)
{
    fs::create_directories(root / "made");
    fs::create_directories(root / "holes");
    const fs::path file = root / "holes/big";
    write(file, "x");
    fs::resize_file(file, std::uintmax_t{1} << 40U);
    output_of({"tar", "-C", (root / "holes").string(), "-S", "-cf", (root / "made/a.tar").string(),
               "big"});
    expect_rejected(unpack(root / "made/a.tar", root / "unpacked/one", options), "holes");
}

// Its files stand whole before the directory that is missing: some of them, or all?
TEST_F(ArchiveTest, RejectsAZipWithoutItsEnd)
{
    const Unpacked unpacked = unpack_made_by(R"(
z = zipfile.ZipFile("a.zip", "w")
z.writestr("server.cpp", b"good")
z.close()
whole = open("a.zip", "rb").read()
os.truncate("a.zip", whole.index(b"PK\x01\x02"))
)");
    expect_rejected(unpacked, "damaged");
}

TEST_F(ArchiveTest, RejectsWhatIsDamagedOrNoArchive)
{
    fs::create_directories(root / "made");
    write(root / "made/a.zip", "PK this is none");
    expect_rejected(unpack(root / "made/a.zip", root / "unpacked/one", options), "");
    fs::remove_all(root / "unpacked");
    fs::remove_all(root / "made");
    fixture::python(root / "made", "import io, os, tarfile\nt = tarfile.open('a.tgz', 'w:gz')\n"
                                   "i = tarfile.TarInfo('server.cpp')\ni.size = 90000\n"
                                   "t.addfile(i, io.BytesIO(os.urandom(90000)))\nt.close()\n"
                                   "os.truncate('a.tgz', 50000)\n");
    expect_rejected(unpack(root / "made/a.tgz", root / "unpacked/one", options), "damaged");
}

TEST_F(ArchiveTest, NamesWhatElseIsThereWhenThereIsNoServer)
{
    const std::string lines = "z = zipfile.ZipFile('a.zip', 'w')\n"
                              "for name in 'a b/Server.cpp', 'notes.txt', '.git/x', '__MACOSX/y':\n"
                              "    z.writestr(name, 'x')\n";
    const std::vector<fs::path> names{"a b/Server.cpp", "notes.txt"};
    EXPECT_EQ(unpack_made_by(lines + "z.close()\n").others, names);
    EXPECT_EQ(unpack(root / "made/a.zip", root / "unpacked/one", options).others, names); // kept
    fs::remove_all(root / "unpacked");
    fs::remove_all(root / "made");
    EXPECT_TRUE(
        unpack_made_by(lines + "z.writestr('server.cpp', 'x')\nz.close()\n").others.empty());
}

TEST_F(ArchiveTest, StopsWhatTakesTooLong)
{
    write_program(root / "slow", "#!/bin/sh\nexec sleep 1000\n");
    options.program = root / "slow";
    options.seconds = 0.2;
    write(root / "a.zip", "x");
    expect_rejected(unpack(root / "a.zip", root / "unpacked/one", options), "takes too long");
}

TEST_F(ArchiveTest, BelievesNoAnswerThatLeadsElsewhere)
{
    for (const std::string answer :
         {"3 ../server.cpp\\nbad", "3 /tmp/server.cpp\\nbad", "3 other.cpp\\nbad",
          "99 server.cpp\\nbad", "x server.cpp\\nbad", "server.cpp",
          "3 server.cpp\\nbad- other.cpp\\n"}) {
        write_program(root / "liar", "#!/bin/sh\nprintf '" + answer + "'\n");
        options.program = root / "liar";
        write(root / "a.zip", "x");
        EXPECT_THROW(unpack(root / "a.zip", root / "unpacked/one", options), std::runtime_error)
            << answer;
        EXPECT_FALSE(fs::exists(root / "unpacked/one"));
    }
}

} // namespace
