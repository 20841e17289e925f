#include "grading/pages/html.h"
#include "grading/similarity/similarity.h"

#include <sstream>

namespace grading {

namespace {

constexpr std::size_t most_pairs = 50;

// What a line of one side is part of: a run, or the skeleton, or neither.
struct Mark {
    std::size_t run = 0; // from 1
    bool starts = false;
};

std::vector<Mark> marks_of(const Resemblance& pair, bool of_a, std::size_t lines)
{
    std::vector<Mark> marks(lines + 1);
    for (std::size_t i = 0; i < pair.runs.size(); ++i) {
        const Lines& range = of_a ? pair.runs[i].a : pair.runs[i].b;
        for (std::size_t line = range.first; line <= range.last && line < marks.size(); ++line) {
            marks[line] = {i + 1, line == range.first};
        }
    }
    return marks;
}

std::string number_of(std::size_t line, const Mark& mark)
{
    const std::string number = std::to_string(line);
    const std::string run = mark.starts ? "[" + std::to_string(mark.run) + "]" : "";
    return std::string(run.size() < 5 ? 5 - run.size() : 0, ' ') + run +
           std::string(number.size() < 4 ? 4 - number.size() : 0, ' ') + number + "  ";
}

// Line by line: sim counts them, and so does the reader.
std::string side_of(const Source& source, const Resemblance& pair, bool of_a)
{
    const std::vector<Mark> marks = marks_of(pair, of_a, source.from_base.size());
    std::string body;
    std::istringstream lines(source.text);
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        const Mark mark = number < marks.size() ? marks[number] : Mark{};
        const bool base = number <= source.from_base.size() && source.from_base[number - 1];
        const std::string shown = "<span class=\"ln\">" + number_of(number, mark) + "</span>" +
                                  html::text(line, 2'000) + "\n";
        if (base) {
            body += "<span class=\"base\">" + shown + "</span>";
        } else if (mark.run > 0) {
            body += "<mark class=\"run" + std::to_string(mark.run % 4) + "\">" + shown + "</mark>";
        } else {
            body += shown;
        }
    }
    return "<div>" + html::heading(3, "", html::name(source.name())) +
           "<pre role=\"region\" tabindex=\"0\" aria-label=\"" + html::line(source.name()) +
           "\">\n" + body + "</pre></div>\n";
}

std::string section_of(const Resemblance& pair, const std::vector<Source>& sources,
                       std::size_t rank)
{
    const Source& a = sources[pair.a];
    const Source& b = sources[pair.b];
    const std::string facts =
        "<p>" + std::to_string(pair.tokens) + " tokens in " +
        html::counted(pair.runs.size(), "run") + ": " + std::to_string(pair.percent_of_a) +
        " % of what " + html::name(a.name()) + " wrote, " + std::to_string(pair.percent_of_b) +
        " % of what " + html::name(b.name()) + " wrote.</p>\n";
    return html::heading(2, "pair" + std::to_string(rank),
                         std::to_string(rank) + ". " + html::name(a.name()) + " and " +
                             html::name(b.name()) + ": " + std::to_string(pair.percent()) + " %") +
           facts + "<div class=\"sides\">\n" + side_of(a, pair, true) + side_of(b, pair, false) +
           "</div>\n";
}

std::string row_of(const Resemblance& pair, const std::vector<Source>& sources, std::size_t rank)
{
    return "<tr><td class=\"number\"><a href=\"#pair" + std::to_string(rank) + "\">" +
           std::to_string(rank) + "</a></td><td class=\"number\">" +
           std::to_string(pair.percent()) + " %</td><th scope=\"row\">" +
           html::name(sources[pair.a].name()) + "</th><th scope=\"row\">" +
           html::name(sources[pair.b].name()) + "</th><td class=\"number\">" +
           std::to_string(pair.tokens) + "</td></tr>\n";
}

std::string told_left_out(const std::vector<Source>& sources)
{
    const std::vector<const Source*> none = left_out(sources);
    std::string items;
    for (const Source* const source : none) {
        items += "<li>" + html::name(source->student) + ": " + html::line(source->why_not) + "\n";
    }
    return items.empty() ? ""
                         : html::folded(html::counted(none.size(), "submission") + " not compared",
                                        "<ul>\n" + items + "</ul>\n");
}

} // namespace

std::string similarity_page(const std::string& lab, const std::vector<Source>& sources,
                            const std::vector<Resemblance>& pairs)
{
    std::string rows;
    std::string sections;
    for (std::size_t i = 0; i < pairs.size() && i < most_pairs; ++i) {
        rows += row_of(pairs[i], sources, i + 1);
        sections += section_of(pairs[i], sources, i + 1);
    }
    const std::string table =
        "<table><thead><tr><th scope=\"col\" class=\"number\">Pair</th>"
        "<th scope=\"col\" class=\"number\">Alike</th><th scope=\"col\">One</th>"
        "<th scope=\"col\">Other</th><th scope=\"col\" class=\"number\">Tokens</th></tr></thead>\n"
        "<tbody>\n" +
        rows + "</tbody></table>\n";
    const std::string text =
        "<div class=\"wide full\">\n<header class=\"top\"><p class=\"over\">Lab " +
        html::line(lab) +
        "</p>\n<h1>Similar submissions</h1>\n"
        "<p>Compared without names, numbers, layout and comments, and without what the skeleton "
        "has "
        "as well (grey). A high number is a reason to read both, and no proof: short right answers "
        "to the same step are often alike.</p>\n</header>\n<main>\n" +
        (rows.empty() ? "<p>No two submissions have anything in common beside the skeleton.</p>\n"
                      : html::scrolling("Pairs", table)) +
        told_left_out(sources) + sections + "</main>\n</div>\n";
    return html::page("Similar submissions, lab " + lab, text);
}

} // namespace grading
