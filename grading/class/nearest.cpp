#include "grading/class/nearest.h"

#include "tests/harness/report.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace grading {

namespace {

// Of every three letters that have begun one may be wrong: two that have changed places are two.
std::size_t most_wrong(const std::string& word)
{
    return (word.size() + 2) / 3;
}

std::string lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return result;
}

// Levenshtein's: how many letters to change, put in or leave out.
std::size_t distance(std::string_view one, std::string_view other)
{
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < one.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < other.size(); ++j) {
            const std::size_t changed = diagonal + (one[i] == other[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

} // namespace

Nearest::Nearest(std::string_view word)
    : word_(lower(word.substr(0, 255))), distance_(most_wrong(word_) + 1)
{
}

void Nearest::look_at(std::string_view candidate, const std::string& answer)
{
    const std::size_t lengths =
        std::max(candidate.size(), word_.size()) - std::min(candidate.size(), word_.size());
    if (lengths >= distance_) {
        return; // that many letters more or less, at least
    }
    if (const std::size_t apart = distance(word_, lower(candidate)); apart < distance_) {
        distance_ = apart;
        answer_ = answer;
    }
}

std::string Nearest::question() const
{
    return answer_.empty() ? "" : "; did you mean '" + harness::readable(answer_, 200) + "'?";
}

} // namespace grading
