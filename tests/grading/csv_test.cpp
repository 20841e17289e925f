#include "grading/class/csv.h"

#include <stdexcept>

#include <gtest/gtest.h>

using namespace grading;

namespace {

TEST(Csv, GivesEveryByteBack)
{
    for (const char* const text :
         {"a,b\n1,2\n", "\xef\xbb\xbf\"a\";b\r\n\"x;\"\"y\"\"\r\nz\";\r\n", "a\tb\rc\td",
          "a,b\n\n,\n", "a,\"b\"c\n", "\xff\xfe,x\n", " a , \"b\" \n"}) {
        EXPECT_EQ(to_text(parse_csv(text, "x.csv")), text);
    }
}

TEST(Csv, KnowsWhatACellMeans)
{
    const Csv csv = parse_csv("a;b\n\"x;\"\"y\"\"\r\nz\";2\n", "x.csv");
    EXPECT_EQ(csv.delimiter, ';');
    ASSERT_EQ(csv.rows.size(), 2U);
    EXPECT_EQ(csv.rows[1].cells[0].value, "x;\"y\"\r\nz");
    EXPECT_EQ(csv.rows[1].cells[1].value, "2");
    EXPECT_EQ(column_named(csv.rows[0], "b"), 1U);
    EXPECT_FALSE(column_named(csv.rows[0], "c"));
}

TEST(Csv, FillsACellAsItWasWritten)
{
    CsvCell plain{"1", "1"};
    fill(plain, "12.5", ',');
    EXPECT_EQ(plain.raw, "12.5");
    fill(plain, "12,5", ',');
    EXPECT_EQ(plain.raw, "\"12,5\"");
    CsvCell quoted{"\"1\"", "1"};
    fill(quoted, "2", ',');
    EXPECT_EQ(quoted.raw, "\"2\"");
}

TEST(Csv, RefusesWhatIsNone)
{
    EXPECT_THROW(parse_csv("", "x.csv"), std::invalid_argument);
    EXPECT_THROW(parse_csv("a,\"b\n1,2\n", "x.csv"), std::invalid_argument);
    EXPECT_THROW(parse_csv(std::string_view("a\0b", 3), "x.csv"), std::invalid_argument);
}

TEST(Csv, GuardsASpreadsheetAgainstFormulas)
{
    EXPECT_EQ(csv_cell("=cmd()"), "'=cmd()");
    EXPECT_EQ(csv_cell("-1"), "'-1");
    EXPECT_EQ(csv_cell("@x"), "'@x");
    EXPECT_EQ(csv_cell("+1,2"), "\"'+1,2\"");
    EXPECT_EQ(csv_cell("Ada"), "Ada");
    EXPECT_EQ(csv_cell("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(csv_cell("x;=1+1"), "\"x;'=1+1\"");
    EXPECT_EQ(csv_cell("x\t \"-1"), "\"x\t \"\"'-1\"");
    EXPECT_EQ(csv_cell("x\n@y"), "\"x\n'@y\"");
    EXPECT_EQ(csv_cell("1, -2; b-c"), "\"1, -2; b-c\"");
}

} // namespace
