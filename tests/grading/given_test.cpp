#include "grading/given.h"
#include "tests/grading/fixture.h"

using namespace grading;

namespace fs = std::filesystem;

namespace {

class GivenTest : public fixture::Repository {
protected:
    GivenTest()
    {
        for (const char* const header : {"log.h", "http/site.h", "clients/client.h",
                                         "after_01/talk.h", "after_03/pool.h", "log.cpp"}) {
            write(root / "common" / header, "");
        }
    }
    [[nodiscard]] std::vector<std::string> given(const std::vector<std::string>& command) const
    {
        std::vector<std::string> names;
        for (const fs::path& header : given_headers(root / "common", command)) {
            names.push_back(header.lexically_relative(root / "common").string());
        }
        return names;
    }
};

TEST_F(GivenTest, HoldsTheHeadersOfWhatIsLinked)
{
    using Names = std::vector<std::string>;
    EXPECT_EQ(given({"g++", "build/libcommon.a"}), (Names{"http/site.h", "log.h"}));
    EXPECT_EQ(given({"g++", "build/libafter_01.a", "build/libcommon.a"}),
              (Names{"after_01/talk.h", "http/site.h", "log.h"}));
}

TEST_F(GivenTest, KnowsWhatACompilerMissed)
{
    const auto missed_in = [&](const std::string& file) {
        return missed("server.cpp:8:10: fatal error: " + file + ": No such file or directory\n",
                      root);
    };
    EXPECT_EQ(missed_in("common/after_01/talk.h"), "common/after_01/talk.h");
    EXPECT_EQ(missed_in("common/no_such.h"), "");
    EXPECT_EQ(missed_in("common/../common/log.h"), ""); // tells of no other place what there is
    EXPECT_EQ(missed_in("grading/rubrics"), "");
    EXPECT_EQ(missed("server.cpp:8:10: error: nothing", root), "");
}

} // namespace
