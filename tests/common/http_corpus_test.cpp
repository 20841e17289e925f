#include "tests/fuzz/http_checks.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

// What the fuzzer starts from, and what it has found: without the fuzzer's compiler.
TEST(HttpCorpus, IsAnsweredTheSameHoweverItIsCut)
{
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz/corpus")) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(file), {});
        EXPECT_EQ(lab::http::complaint_about(bytes), "") << entry.path();
        ++files;
    }
    EXPECT_GT(files, 20);
}
