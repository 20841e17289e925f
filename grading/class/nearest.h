// Of words that there are, the one that a wrong word was meant to be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace grading {

class Nearest {
public:
    explicit Nearest(std::string_view word);

    // `answer` is what to say when `candidate` is near: an id, say, for a name.
    void look_at(std::string_view candidate, const std::string& answer);
    // "; did you mean 'alice'?", or "" when nothing was near.
    [[nodiscard]] std::string question() const;

private:
    std::string word_;
    std::size_t distance_; // only what is nearer counts
    std::string answer_;
};

} // namespace grading
