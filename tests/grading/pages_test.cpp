#include "grading/class/gradebook.h"
#include "grading/decimal.h"
#include "grading/pages/for_student.h"
#include "grading/pages/html.h"
#include "grading/pages/pages.h"
#include "grading/pages/statistics.h"
#include "tests/grading/fixture.h"

#include <set>

using namespace grading;
using harness::Verdict;

namespace {

// Turns around the direction of text; in two pieces, or it would do so here.
const std::string turned_around = std::string("\xe2\x80") + "\xae";

namespace fs = std::filesystem;

std::string hostile()
{
    std::string bytes = "</title></style><script>alert(1)</script>\"'&lt; " + turned_around;
    for (int byte = 0; byte < 256; ++byte) {
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

bool has(const std::string& text, const std::string& piece)
{
    return text.find(piece) != std::string::npos;
}

TestResult result_of(const std::string& name, Verdict verdict, Visibility visibility = {},
                     Detail detail = {})
{
    TestResult test;
    test.report.test = name;
    test.report.verdict = verdict;
    test.report.steps = {"step of " + name};
    test.report.wire = {{"alice", true, "bytes of " + name, 3}};
    test.report.log = "log of " + name;
    test.report.reproduce = "make test LAB=02 ONLY=" + name;
    test.title = "title of " + name;
    test.max_points = 5;
    test.visibility = visibility;
    test.detail = detail;
    if (verdict != Verdict::pass) {
        test.report.failure = harness::Failure{"one", "got of " + name, "cause of " + name};
    }
    return test;
}

Record record_of(const std::vector<TestResult>& tests)
{
    Record record;
    record.lab = "02-fork";
    record.title = "A process for each client";
    record.submission = "folder";
    record.complete = true;
    record.tests = tests;
    add_up(record);
    return record;
}

Rubric some_rubric()
{
    return parse_rubric(fixture::rubric_of({"Answers"}), "x.yaml");
}

// -- escaping -------------------------------------------------------------------------------------
TEST(Html, TurnsEveryByteIntoText)
{
    for (const std::string& text : {html::text(hostile()), html::line(hostile(), 1'000)}) {
        EXPECT_EQ(text.find_first_of("<>\"'"), std::string::npos) << text;
        EXPECT_TRUE(has(text, "&lt;/title&gt;&lt;/style&gt;&lt;script&gt;"));
        EXPECT_TRUE(has(text, "&amp;lt;"));
        EXPECT_EQ(harness::readable(text, text.size() * 4), text);
    }
}

TEST(Html, KeepsALineOnOneLine)
{
    EXPECT_EQ(html::line("a\nb\tc"), "a b c");
    EXPECT_EQ(html::line("äöü", 3), "ä…");
    EXPECT_EQ(html::line(std::string(1'000, 'x'), 10), std::string(10, 'x') + "…");
}

TEST(Html, KeepsANameThatTurnsTheLineToItself)
{
    EXPECT_EQ(html::name("a"), "<bdi>a</bdi>");
    EXPECT_EQ(html::name(turned_around + "gnp"), "<bdi>\\xe2\\x80\\xaegnp</bdi>");
    EXPECT_EQ(html::name(""), "<bdi>(no name)</bdi>");
}

TEST(Html, WritesNumbersShort)
{
    EXPECT_EQ(decimal(7), "7");
    EXPECT_EQ(decimal(7.5), "7.5");
    EXPECT_EQ(decimal(100), "100");
    EXPECT_EQ(decimal(-0.001), "0");
    EXPECT_EQ(decimal(0.125), "0.13");
    EXPECT_EQ(html::counted(1, "test"), "1 test");
}

TEST(Html, AllowsNoScriptAndNoFetch)
{
    const std::string page = html::page("title", "");
    EXPECT_TRUE(has(page, "Content-Security-Policy\" content=\"default-src 'none'"));
    EXPECT_FALSE(has(page, "script-src"));
    EXPECT_FALSE(has(page, "http:"));
    EXPECT_FALSE(has(page, "https:"));
}

// -- one student ----------------------------------------------------------------------------------
TEST(StudentPage, ShowsWhatTheFailureReportShows)
{
    const std::string page =
        as_html(record_of({result_of("Reaps", Verdict::fail), result_of("Serves", Verdict::pass)}),
                some_rubric());
    for (const char* piece :
         {"step of Reaps", "bytes of Reaps", "^ byte 4", "log of Reaps", "got of Reaps",
          "cause of Reaps", "make test LAB=02 ONLY=Reaps", "title of Serves"}) {
        EXPECT_TRUE(has(page, piece)) << piece;
    }
    EXPECT_TRUE(has(page, "5 <small>of 10 points"));
}

TEST(StudentPage, IsTextWhateverTheStudentWrote)
{
    TestResult test = result_of("x", Verdict::fail);
    test.title = test.report.test = test.report.log = test.report.reproduce = hostile();
    test.report.steps = {hostile(), hostile()};
    test.report.wire = {{hostile(), true, hostile(), 7}};
    test.report.failure = harness::Failure{hostile(), hostile(), hostile()};
    Record record = record_of({test, test});
    record.lab = record.title = record.submission = record.sentence = record.tier = hostile();
    record.finished = record.compiler_output = hostile();
    record.chaff = Chaff{hostile(), hostile(), hostile()};
    for (const Outcome outcome : {Outcome::graded, Outcome::did_not_compile}) {
        record.outcome = outcome;
        const std::string page = as_html(record, some_rubric());
        EXPECT_FALSE(has(page, "<script"));
        EXPECT_EQ(page.find("</title>"), page.rfind("</title>"));
        EXPECT_EQ(page.find("</style>"), page.rfind("</style>"));
        EXPECT_EQ(harness::readable(page, page.size() * 4), page);
    }
}

TEST(StudentPage, NeverShowsWhatIsHidden)
{
    Record record = record_of({result_of("Reaps", Verdict::fail),
                               result_of("Later", Verdict::fail, Visibility::after_due_date),
                               result_of("Secret", Verdict::fail, Visibility::hidden),
                               result_of("Stands", Verdict::not_run)});
    record.tests[3].report.failure = harness::Failure{"", "Secret failed", ""};
    record.chaff = Chaff{"a", "sentence about Secret", "Secret"};
    const std::string page = as_html(record, some_rubric());
    EXPECT_FALSE(has(page, "Secret"));
    EXPECT_FALSE(has(page, "Later"));
    EXPECT_TRUE(has(page, "0 <small>of 10 points"));
    EXPECT_TRUE(has(page, "others count too"));
    for (const Visibility shown : {Visibility::after_published, Visibility::hidden}) {
        const StudentView view = for_student(record, shown);
        EXPECT_EQ(view.record.tests.size(), 3U);
        EXPECT_FALSE(has(to_json(view.record), "Secret"));
    }
}

TEST(StudentPage, ShowsAsMuchOfATestAsItsDetailSays)
{
    const std::string page =
        as_html(record_of({result_of("Half", Verdict::fail, {}, Detail::expected_and_actual),
                           result_of("Name", Verdict::fail, {}, Detail::name_only)}),
                some_rubric());
    EXPECT_TRUE(has(page, "got of Half"));
    EXPECT_TRUE(has(page, "title of Name"));
    for (const char* piece : {"step of Half", "bytes of Half", "log of Half", "cause of Half",
                              "got of Name", "step of Name", "log of Name"}) {
        EXPECT_FALSE(has(page, piece)) << piece;
    }
}

TEST(StudentPage, HasNoScoreWhenTheGraderBroke)
{
    Record record = record_of({result_of("Reaps", Verdict::inconclusive)});
    record.outcome = Outcome::infrastructure_error;
    record.sentence = "no room";
    const std::string page = as_html(record, some_rubric());
    EXPECT_TRUE(has(page, "no score"));
    EXPECT_TRUE(has(page, "no room"));
    EXPECT_FALSE(has(page, " of 0 points"));
}

// -- a class --------------------------------------------------------------------------------------
TEST(PageName, IsOneForEveryIdAndLeadsNowhere)
{
    const std::vector<std::string> ids = {"anna",
                                          "a/b",
                                          "../x",
                                          "..",
                                          ".",
                                          "",
                                          "a\nb",
                                          "a~2fb",
                                          "~~",
                                          "a b",
                                          "%2e",
                                          "ä",
                                          std::string(300, 'x'),
                                          std::string(301, 'x'),
                                          "<&\"'>"};
    std::set<std::string> names;
    for (const std::string& id : ids) {
        const std::string name = page_name(id);
        EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_EQ(name.find_first_of("/\\<>&\"'% \n?#:"), std::string::npos) << name;
        EXPECT_NE(name[0], '.');
        EXPECT_LT(name.size(), 200U);
    }
    EXPECT_EQ(page_name("anna.b@x"), "anna.b@x.html");
}

TEST(Times, KnowTheirQuantiles)
{
    Times times;
    EXPECT_EQ(times.quantile(0.5), 0);
    for (int i = 1; i <= 100; ++i) {
        times.add(i / 10.0);
    }
    EXPECT_NEAR(times.quantile(0.5), 5, 0.5);
    EXPECT_NEAR(times.quantile(0.95), 9.5, 1);
    times.add(0);
    times.add(1e9);
    EXPECT_GT(times.quantile(1), 1'000);
}

class ClassPages : public testing::Test {
protected:
    ClassPages() : folder_(fs::temp_directory_path()), out(folder_.path())
    {
        gradebook.labs = {{"02-fork", "Fork", 10}};
    }
    void add(const std::string& id, const std::string& name, const Record& record)
    {
        Mark mark;
        mark.mark = mark.score = record.score;
        mark.max_score = 10;
        mark.outcome = to_string(record.outcome);
        mark.record = "records/02-fork/" + std::to_string(gradebook.students.size()) + ".json";
        fs::create_directories(out / "records/02-fork");
        harness::write_atomically(out / mark.record, to_json(record));
        gradebook.students.push_back({id, name, "", id, {{"02-fork", mark}}});
    }
    std::string index()
    {
        harness::write_atomically(out / "gradebook.json", to_json(gradebook));
        write();
        return contents_of(out / "index.html");
    }
    [[nodiscard]] std::string complaint() const
    {
        try {
            write();
        } catch (const std::exception& error) {
            return error.what();
        }
        return "none";
    }

private:
    void write() const
    {
        PagesOptions options;
        options.layout.root = out;
        write_class_pages(out, options);
    }

    TemporaryFolder folder_;

protected:
    fs::path out;
    Gradebook gradebook;
};

TEST_F(ClassPages, TellWhichBugsTheClassHasAndWhoHasThem)
{
    Record record =
        record_of({result_of("Reaps", Verdict::fail), result_of("Serves", Verdict::pass)});
    record.chaff = Chaff{"never-reaps", "Nobody collects the children.", "Reaps"};
    add("anna", "Anna", record);
    add("bert", "Bert", record);
    const std::string page = index();
    EXPECT_TRUE(has(page, "Nobody collects the children."));
    EXPECT_TRUE(has(page, "<a href=\"students/anna.html\"><bdi>Anna</bdi></a>, <a "
                          "href=\"students/bert.html\"><bdi>Bert</bdi></a>"));
    EXPECT_TRUE(has(page, "0 of 2</td>"));
    EXPECT_TRUE(fs::exists(out / "students/anna.html"));
    EXPECT_TRUE(has(contents_of(out / "students/bert.html"), "log of Reaps"));
}

// What nobody knows yet is not counted as nought: neither in a sum nor in the mean.
TEST_F(ClassPages, LeaveAMarkOpenThatIs)
{
    Record record = record_of({result_of("Reaps", Verdict::pass)});
    add("anna", "Anna", record);
    record.outcome = Outcome::infrastructure_error;
    add("bert", "Bert", record);
    gradebook.students[0].marks["02-fork"].mark = 8;
    gradebook.students[1].marks["02-fork"].mark = 0;
    const std::string page = index();
    EXPECT_TRUE(has(page, "Mean 8 (dashed), median 8."));
    EXPECT_TRUE(has(page, "<td class=\"number\">?"));
    EXPECT_TRUE(has(page, "<b>0 + ?</b>"));
    EXPECT_TRUE(has(page, "<b>8</b>"));
}

TEST_F(ClassPages, HaveNoDistributionOfMarksThatAreAllOpen)
{
    Record record = record_of({});
    record.outcome = Outcome::infrastructure_error;
    add("anna", "Anna", record);
    const std::string page = index();
    EXPECT_TRUE(has(page, "1 infrastructure error"));
    EXPECT_FALSE(has(page, "(dashed)"));
}

TEST_F(ClassPages, ShowHiddenTestsToTheInstructorAlone)
{
    add("anna", "Anna", record_of({result_of("Secret", Verdict::fail, Visibility::hidden)}));
    EXPECT_TRUE(has(index(), "Secret"));
    EXPECT_FALSE(has(contents_of(out / "students/anna.html"), "Secret"));
}

TEST_F(ClassPages, AreOfNobodyWhoHasLeft)
{
    add("anna", "Anna", record_of({}));
    add("bert", "Bert", record_of({}));
    index();
    gradebook.students.pop_back();
    index();
    EXPECT_TRUE(fs::exists(out / "students/anna.html"));
    EXPECT_FALSE(fs::exists(out / "students/bert.html"));
}

TEST_F(ClassPages, HoldHostileNamesAsText)
{
    add("../../x", "<script>alert(1)</script>", record_of({result_of("Reaps", Verdict::pass)}));
    EXPECT_FALSE(has(index(), "<script"));
    EXPECT_FALSE(has(contents_of(out / "students" / page_name("../../x")), "<script"));
}

TEST_F(ClassPages, SayWhichRecordCannotBeRead)
{
    add("anna", "Anna", record_of({}));
    add("bert", "Bert", record_of({}));
    harness::write_atomically(out / "records/02-fork/0.json", "{");
    gradebook.students[1].marks["02-fork"].record = "../../etc/passwd";
    const std::string page = index();
    EXPECT_TRUE(has(page, "2 marks to look at"));
    EXPECT_TRUE(has(page, "is not in the folder of results"));
    EXPECT_TRUE(has(contents_of(out / "students/anna.html"), "no report on this submission yet"));
}

TEST_F(ClassPages, TellAStudentWhyNothingWasGraded)
{
    add("anna", "Anna", record_of({}));
    Mark& mark = gradebook.students[0].marks["02-fork"];
    mark.record.clear();
    mark.outcome = "no_submission";
    mark.sentence = "there is no server.cpp in the folder; it holds <Server.cpp>: rename it.";
    index();
    EXPECT_TRUE(has(contents_of(out / "students/anna.html"),
                    "no submission</p><p>there is no server.cpp in the folder; it holds "
                    "&lt;Server.cpp&gt;: rename it."));
    mark.outcome = "infrastructure_error"; // of which the instructor is to know more
    index();
    EXPECT_TRUE(has(contents_of(out / "students/anna.html"), "no report on this submission yet"));
    EXPECT_FALSE(has(contents_of(out / "students/anna.html"), "Server.cpp"));
}

TEST_F(ClassPages, SayWhatIsWrongWithAGradebook)
{
    add("anna", "Anna", record_of({}));
    index();
    const auto complaint_about = [&](const std::string& text) {
        harness::write_atomically(out / "gradebook.json", text);
        return complaint();
    };
    EXPECT_TRUE(has(complaint_about("{"), "gradebook.json: no gradebook: no JSON, from byte"));
    EXPECT_TRUE(has(complaint_about(R"({"labs": [], "schema": "gradebook/v1", "students": [7]})"),
                    "gradebook.json: no gradebook: not everyone"));
    EXPECT_TRUE(has(complaint_about(R"({"labs": [], "schema": "v9", "students": []})"),
                    "gradebook.json: schema v9"));
}

TEST_F(ClassPages, DoNotBlameTheGradebookForAPageThatCannotBeWritten)
{
    add("anna", "Anna", record_of({}));
    index();
    fs::remove(out / "students/anna.html");
    fs::create_directories(out / "students/anna.html/in the way");
    EXPECT_TRUE(has(complaint(), "anna.html"));
    EXPECT_FALSE(has(complaint(), "gradebook.json"));
}

} // namespace
