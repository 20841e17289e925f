// What an instructor gets wrong, or does not know, about grade-class: a line that names it.

#include "tests/grading/class_fixture.h"

#include <unistd.h>

using namespace grading;
namespace fs = std::filesystem;

namespace {

class ClassUsageTest : public fixture::Class {
protected:
};

TEST_F(ClassUsageTest, AsksWhichLabWasMeant)
{
    for (const auto& [word, meant] :
         {std::pair<std::string, std::string>{"1", "01"}, {"two", "02"}}) {
        EXPECT_NE(grade({"--lab", word})
                      .errors.find("'" + word + "' is no lab; did you mean " + meant +
                                   "? there are: 01-one 02-two"),
                  std::string::npos)
            << word;
    }
}

} // namespace
