#include "grading/class/sha256.h"
#include "grading/identity.h"
#include "tests/grading/fixture.h"

using namespace grading;

namespace {

class IdentityTest : public fixture::Repository {
protected:
    IdentityTest()
    {
        use_tests({"Passes"});
        write(root / "common/log.h", "one");
        write(root / "libcommon.a", "one");
        write(layout.compile_command(lab),
              "g++ {source} -o {program} " + (root / "libcommon.a").string() + "\n");
    }
    Rubric rubric_;
    [[nodiscard]] std::string toolchain() const
    {
        return toolchain_hash(layout, lab, rubric_, hashes_of);
    }
    [[nodiscard]] std::string suite() const { return suite_hash(layout, lab, hashes_of); }
};

TEST_F(IdentityTest, ChangesWithAllThatIsBuiltIntoASubmission)
{
    const std::string first = toolchain();
    EXPECT_EQ(toolchain(), first);
    write(root / "common/log.h", "two");
    const std::string second = toolchain();
    EXPECT_NE(second, first);
    write(root / "libcommon.a", "two");
    const std::string third = toolchain();
    EXPECT_NE(third, second);
    write(layout.tsan_compile_command(lab), "g++ -fsanitize=thread {source} -o {program}");
    EXPECT_EQ(toolchain(), third); // no test of this lab wants it
    rubric_.thread_sanitizer = true;
    EXPECT_NE(toolchain(), third);
}

TEST_F(IdentityTest, ChangesWithNothingThatTheLabIsNotGiven)
{
    const std::string first = toolchain();
    write(root / "common/clients/client.h", "one");
    write(root / "common/after_01/serve.h", "one");
    EXPECT_EQ(toolchain(), first);
    write(root / "libafter_01.a", "one");
    write(layout.compile_command(lab), "g++ {source} -o {program} " +
                                           (root / "libafter_01.a").string() + " " +
                                           (root / "libcommon.a").string() + "\n");
    const std::string second = toolchain();
    EXPECT_NE(second, first);
    write(root / "common/after_01/serve.h", "two");
    EXPECT_NE(toolchain(), second);
}

TEST_F(IdentityTest, ChangesWithTheTests)
{
    const std::string first = suite();
    use_tests({"Passes", "Fails"});
    const std::string second = suite();
    EXPECT_NE(second, first);
    write(layout.driver(lab).parent_path() / "errno_watch.so", "x");
    EXPECT_NE(suite(), second);
}

TEST(RecordKey, ShowsItsParts)
{
    const Hashes hashes{std::string(64, 'a'), std::string(64, 'b'), std::string(64, 'c')};
    const std::string key = record_key(hashes);
    EXPECT_EQ(parts_of(key).submission, std::string(32, 'a'));
    EXPECT_EQ(parts_of(key).suite, std::string(16, 'b'));
    EXPECT_EQ(parts_of(key).toolchain, std::string(16, 'c'));
    EXPECT_THROW(record_key({"", hashes.suite, hashes.toolchain}), std::invalid_argument);
    EXPECT_THROW(record_key({"../../../../../../../../../../../", hashes.suite, hashes.toolchain}),
                 std::invalid_argument);
    EXPECT_THROW(parts_of("../" + key.substr(3)), std::invalid_argument);
    EXPECT_THROW(parts_of(""), std::invalid_argument);
}

TEST(Sha256, IsThatOfTheProgram)
{
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("abc"), hash_of_text("abc"));
    EXPECT_EQ(sha256(""), hash_of_text(""));
}

} // namespace
