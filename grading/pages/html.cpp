#include "grading/pages/html.h"

#include "grading/pages/style.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace grading::html {

namespace {

std::string escaped(std::string_view readable)
{
    std::string result;
    result.reserve(readable.size() + readable.size() / 8);
    for (const char c : readable) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        case '\'':
            result += "&#39;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

std::string printed(const char* format, double number)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, number);
    return text.data();
}

// Whole characters only.
std::string cut(std::string text, std::size_t most)
{
    if (text.size() <= most) {
        return text;
    }
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80) {
        --most;
    }
    return text.substr(0, most) + "…";
}

} // namespace

std::string text(std::string_view bytes, std::size_t most)
{
    return escaped(harness::readable(bytes, most));
}

std::string line(std::string_view bytes, std::size_t most)
{
    std::string readable = harness::readable(bytes.substr(0, most * 4), most * 16);
    std::ranges::replace_if(
        readable, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return escaped(cut(readable, most));
}

std::string name(std::string_view bytes)
{
    const std::string shown = line(bytes, 60);
    return "<bdi>" + (shown.empty() ? "(no name)" : shown) + "</bdi>";
}

std::string counted(std::size_t number, const std::string& noun)
{
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string seconds(double number)
{
    return printed(number < 0.1 ? "%.2f" : number < 10 ? "%.1f" : "%.0f", number) + "\u00a0s";
}

std::string heading(int level, const std::string& id, const std::string& content)
{
    const std::string tag = "h" + std::to_string(level);
    return "<" + tag + (id.empty() ? "" : " id=\"" + id + "\"") + ">" + content + "</" + tag +
           ">\n";
}

std::string scrolling(const std::string& label, const std::string& content)
{
    return "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + text(label) +
           "\">\n" + content + "</div>\n";
}

std::string preformatted(const std::string& label, std::string_view bytes)
{
    // A newline right behind <pre> is dropped by the parser; this one is meant for it.
    return "<pre role=\"region\" tabindex=\"0\" aria-label=\"" + text(label) + "\">\n" +
           text(bytes) + "</pre>\n";
}

std::string folded(const std::string& summary, const std::string& content)
{
    return "<details><summary>" + summary + "</summary>\n" + content + "</details>\n";
}

Look look_of(harness::Verdict verdict)
{
    switch (verdict) {
    case harness::Verdict::pass:
        return {"✓", "passed", "good"};
    case harness::Verdict::fail:
        return {"✗", "failed", "bad"};
    case harness::Verdict::unstable:
        return {"≈", "unstable", "bad"};
    case harness::Verdict::inconclusive:
        return {"?", "no verdict", "odd"};
    case harness::Verdict::skipped:
        return {"↷", "skipped", "odd"};
    case harness::Verdict::not_run:
        return {"○", "not run", "none"};
    }
    return {};
}

std::string chip(const Look& look)
{
    return std::string("<span class=\"chip ").append(look.style) +
           "\"><span aria-hidden=\"true\">" + std::string(look.symbol) + "</span> " +
           std::string(look.word) + "</span>";
}

// Nothing may be fetched and no script may run, whatever slipped through.
std::string page_start(std::string_view title)
{
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
           "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"referrer\" content=\"no-referrer\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n"
           "<link rel=\"icon\" href=\"data:,\">\n<title>" +
           line(title) + "</title>\n<style>\n" + std::string(style) + "</style>\n</head>\n<body>\n";
}

std::string page_end()
{
    return "</body>\n</html>\n";
}

std::string page(std::string_view title, const std::string& body)
{
    return page_start(title) + body + page_end();
}

} // namespace grading::html
