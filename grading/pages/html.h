// HTML made of strangers' bytes: how they become text, and the shapes that all pages share.
#pragma once

#include "tests/harness/report.h"

#include <string>
#include <string_view>

namespace grading::html {

// As content of an element or of an attribute in double quotes: valid, visible, and nothing but
// text. Of what is longer than `most` bytes, head and tail.
std::string text(std::string_view bytes, std::size_t most = 65'536);

// The same for one line of a table or of a link: line ends become blanks, a long end is cut off.
std::string line(std::string_view bytes, std::size_t most = 160);

// A name, which may be written from right to left: it must not turn what stands beside it.
std::string name(std::string_view bytes);

// "1 test", "2 tests".
std::string counted(std::size_t number, const std::string& noun);
// "0.04 s", "12 s".
std::string seconds(double number);

// <h2 id="…">…</h2>; no id when it is empty. `content` is HTML.
std::string heading(int level, const std::string& id, const std::string& content);
// What is longer than the page is wide scrolls by itself, with the keyboard as well.
std::string scrolling(const std::string& label, const std::string& content);
std::string preformatted(const std::string& label, std::string_view bytes);
// What is folded until somebody asks for it. Both are HTML.
std::string folded(const std::string& summary, const std::string& content);

// How a verdict looks: never by its colour alone.
struct Look {
    std::string_view symbol;
    std::string_view word;
    std::string_view style; // class of CSS
};

Look look_of(harness::Verdict verdict);
std::string chip(const Look& look);

// A whole page. `title` is text, `body` HTML.
std::string page(std::string_view title, const std::string& body);
// For a page that is written piece by piece: what stands before its body and after it.
std::string page_start(std::string_view title);
std::string page_end();

} // namespace grading::html
