#include "tests/harness/report.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

using namespace harness;

namespace {

namespace fs = std::filesystem;

std::string contents_of(const fs::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

// The mark that turns the direction of writing, in two pieces lest it turn this line.
const std::string turned_around = std::string("\xe2\x80") + "\xae";

// The first line in which they differ, from both.
std::string difference(const std::string& golden, const std::string& text)
{
    std::istringstream want(golden);
    std::istringstream have(text);
    for (int number = 1;; ++number) {
        std::string want_line = "(the end)";
        std::string have_line = "(the end)";
        const bool want_more = static_cast<bool>(std::getline(want, want_line));
        const bool have_more = static_cast<bool>(std::getline(have, have_line));
        if (want_line != have_line || (!want_more && !have_more)) {
            std::ostringstream lines;
            lines << "line " << number << "\n- " << want_line << "\n+ " << have_line;
            return lines.str();
        }
    }
}

// Compares with tests/harness/golden/NAME.txt, or writes it when UPDATE_GOLDEN is set.
void expect_golden(const std::string& name, const std::string& text)
{
    const fs::path file = fs::path("tests/harness/golden") / (name + ".txt");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        write_atomically(file, text);
    }
    const std::string golden = contents_of(file);
    EXPECT_TRUE(golden == text) << "differs from " << file.string() << " in "
                                << difference(golden, text)
                                << "\nIs the new text right? Then repeat this with UPDATE_GOLDEN=1."
                                << "\nThe new text:\n"
                                << text;
}

Report failed_report()
{
    Report report;
    report.test = "ServesTwoClientsAtOnce";
    report.verdict = Verdict::fail;
    report.seconds = 2.345;
    report.steps = {"started the server on a free port", "alice connected, and said nothing",
                    "bob connected", "bob asked \"Beautiful is better than?\""};
    report.steps.emplace_back("waited for \"Ugly.\" to reach bob while alice still said nothing, "
                              "for at most two seconds, "
                              "which is a hundred times what this machine needs");
    report.wire = {{"bob", true, "Beautiful is better than?", {}},
                   {"bob", false, "Uggly.", 2},
                   {"alice", true, "Simple", {}},
                   {"alice", false, "", {}}};
    report.failure = Failure{"\"Ugly.\"", "\"Uggly.\"", "The answer is cut from the wrong place."};
    report.log = "listening on 127.0.0.1:41234\n09:00:01.000 4711 info connected\n";
    report.reproduce = "make test LAB=02 ONLY=ServesTwoClientsAtOnce";
    return report;
}

TEST(Render, ShowsAFailure)
{
    expect_golden("failure", render(failed_report()));
}

TEST(Render, ShortensWhatIsLongAroundTheWrongByte)
{
    Report report = failed_report();
    std::string bytes;
    for (int i = 0; i < 5000; ++i) {
        bytes += std::to_string(i) + (i % 7 == 0 ? "\r\n" : " ");
    }
    report.steps.assign(60, "sent one byte more");
    report.wire = {{"alice", true, bytes, {}},
                   {"a name that is longer than it needs to be", false, bytes, 12'345}};
    report.wire.insert(report.wire.end(), 40, {"alice", true, std::string(200, '\0'), {}});
    report.wire.push_back({"alice", false, bytes.substr(0, 100), 100});
    report.log.clear();
    for (int i = 0; i < 100; ++i) {
        report.log += "line " + std::to_string(i) + " " + std::string(i, '=') + "\n";
    }
    expect_golden("long", render(report));
}

TEST(Render, ShowsHostileBytesAsEscapes)
{
    Report report = failed_report();
    report.steps = {"received \x1b[2J\x07 and \xff\xfe"};
    report.wire = {{"bo\nb", false, std::string("\0\x1b[31m\xff\"\\\r\n", 11), 6}};
    report.log = "\x1b[31mred\x1b[0m\r\nno newline at the end \xc3\x28 " + turned_around +
                 " caf\xc3\xa9 \xc2\x9b";
    report.failure = Failure{std::string(300, 'x'), std::string("\0\0", 2), "]]> ::error:: <b>"};
    expect_golden("hostile", render(report));
}

TEST(Render, SaysWhyThereIsNoVerdict)
{
    Report report;
    report.test = "RefusesNobody";
    report.verdict = Verdict::inconclusive;
    report.steps = {"started the server"};
    report.failure = Failure{"", "the kernel dropped 3 datagrams", ""};
    expect_golden("inconclusive", render(report));
}

TEST(Render, TakesABareReport)
{
    Report report;
    report.test = "Anything";
    report.verdict = Verdict::pass;
    expect_golden("bare", render(report));
}

TEST(Printable, EscapesAllButPrintableAscii)
{
    EXPECT_EQ(printable("Ugly.\r\n\x80"), "Ugly.\\r\\n\\x80");
    EXPECT_EQ(printable(std::string("\0\\\t\x7f", 4)), "\\x00\\\\\\t\\x7f");
}

TEST(Readable, KeepsUtf8AndEscapesWhatATerminalWouldObey)
{
    EXPECT_EQ(readable("caf\xc3\xa9 \xf0\x9f\x90\xa2\n\tx", 100),
              "caf\xc3\xa9 \xf0\x9f\x90\xa2\n\tx");
    EXPECT_EQ(readable("\x1b[31m\r", 100), "\\x1b[31m\\r");
    EXPECT_EQ(readable("\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80", 100),
              "\\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80"); // overlong, surrogate, too high
    EXPECT_EQ(readable("\xc2\x9b \xef\xbf\xbf", 100), "\\xc2\\x9b \\xef\\xbf\\xbf");
    EXPECT_EQ(readable(turned_around, 100), "\\xe2\\x80\\xae");
    EXPECT_EQ(readable("\xe2\x82", 100), "\\xe2\\x82"); // cut short
}

TEST(Readable, IsNeverLongerThanAskedForAndStableWhenRepeated)
{
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        text += i % 10 == 0 ? "line\n" : "\xe2\x82\xac";
    }
    for (std::size_t most = 60; most < 400; ++most) {
        const std::string once = readable(text, most);
        EXPECT_LE(once.size(), most);
        EXPECT_NE(once.find("left out"), std::string::npos);
        EXPECT_EQ(readable(once, most), once);
    }
}

TEST(Json, GivesBackWhatWentIn)
{
    Report report = failed_report();
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte) {
        every_byte += static_cast<char>(byte);
    }
    report.wire.push_back({"carol", true, every_byte, {}});
    const Report again = from_json(to_json(report));
    EXPECT_EQ(to_json(again), to_json(report));
    EXPECT_EQ(again.wire.back().bytes, every_byte);
    EXPECT_EQ(again.wire[1].wrong_at, 2U);
    EXPECT_EQ(again.verdict, Verdict::fail);
    EXPECT_EQ(render(again), render(report));
}

TEST(Json, IsWrittenWhateverTheBytes)
{
    Report report = failed_report();
    report.steps = {"\xff\xfe\x1b"};
    report.log = std::string(200'000, '\xff');
    report.test = "\xc3";
    report.failure->got = std::string(20'000, '\0');
    const Report again = from_json(to_json(report));
    EXPECT_EQ(again.steps[0], "\\xff\\xfe\\x1b");
    EXPECT_LT(again.log.size(), 70'000U);
}

TEST(Json, KeepsOfManyBytesThoseAroundTheWrongOne)
{
    Report report = failed_report();
    report.wire = {
        {"alice", true, std::string(5'000'000, 'x'), {}},
        {"alice", false, std::string(3'000'000, 'x') + "y" + std::string(100, 'x'), 3'000'000}};
    const std::string json = to_json(report);
    EXPECT_LT(json.size(), 20'000U);
    const Report again = from_json(json);
    EXPECT_EQ(again.wire[0].bytes.size() + again.wire[0].dropped, 5'000'000U);
    EXPECT_EQ(again.wire[1].bytes.at(*again.wire[1].wrong_at), 'y');
    EXPECT_EQ(to_json(again), json);
    EXPECT_NE(render(again).find("^ byte 3,000,001 of 3,000,101 is"), std::string::npos);
    EXPECT_NE(render(again).find("(5,000,000 bytes)"), std::string::npos);
}

TEST(Json, KeepsOfManyStepsTheFirstAndTheLast)
{
    Report report;
    for (int i = 1; i <= 5'000; ++i) {
        report.steps.push_back("step " + std::to_string(i));
        report.wire.push_back({"alice", i % 2 == 0, "bytes", std::nullopt});
    }
    const std::string json = to_json(report);
    const Report again = from_json(json);
    EXPECT_EQ(again.steps.size(), 200U);
    EXPECT_EQ(again.steps.front(), "step 1");
    EXPECT_EQ(again.steps.at(50), "(4801 more steps)");
    EXPECT_EQ(again.steps.back(), "step 5000");
    EXPECT_LE(again.wire.size(), 100U);
    EXPECT_EQ(to_json(again), json);
}

TEST(Json, OfSomethingElseIsRefused)
{
    EXPECT_THROW(from_json(""), std::runtime_error);
    EXPECT_THROW(from_json("[]"), std::runtime_error);
    EXPECT_THROW(from_json("{\"test\": 1}"), std::runtime_error);
    std::string text = to_json(failed_report());
    EXPECT_THROW(from_json(text.replace(text.find("\"fail\""), 6, "\"won\"")), std::runtime_error);
}

TEST(Verdicts, HaveOneWordEach)
{
    for (const char* word : {"pass", "fail", "unstable", "inconclusive", "skipped", "not_run"}) {
        EXPECT_EQ(to_string(verdict_from(word)), word);
    }
    EXPECT_THROW(verdict_from("PASS"), std::invalid_argument);
}

class WriteAtomically : public testing::Test {
protected:
    void SetUp() override
    {
        std::string name = (fs::temp_directory_path() / "report_test.XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override { fs::remove_all(folder); }

    fs::path folder;
};

TEST_F(WriteAtomically, ReplacesAFileAndLeavesNothingBeside)
{
    write_atomically(folder / "file", "old");
    write_atomically(folder / "file", "new");
    EXPECT_EQ(contents_of(folder / "file"), "new");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST_F(WriteAtomically, WritesIntoWhatIsNoFile)
{
    fs::create_symlink(folder / "target", folder / "link");
    write_atomically(folder / "target", "old");
    write_atomically(folder / "link", "new");
    EXPECT_EQ(contents_of(folder / "target"), "new");
    EXPECT_TRUE(fs::is_symlink(folder / "link"));
    write_atomically("/dev/null", "anything");
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(WriteAtomically, SaysWhatFailed)
{
    EXPECT_THROW(write_atomically(folder / "no/such/folder", "text"), std::system_error);
    EXPECT_THROW(write_atomically(folder, "text"), std::system_error);
}

} // namespace
