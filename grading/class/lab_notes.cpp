#include "grading/class/lab_notes.h"

#include "common/joined.h"
#include "grading/layout.h"

#include <algorithm>
#include <iterator>

namespace grading {

std::vector<std::string> notes_on_labs(const std::vector<std::string>& labs, const Policy& policy,
                                       Index& index)
{
    std::vector<std::string> notes;
    const std::vector<std::string> there = index.labs_handed_in();
    std::vector<std::string> none;
    std::ranges::set_difference(labs, there, std::back_inserter(none));
    if (labs.size() > 1 && there.empty()) {
        notes.emplace_back("nobody has handed in anything for any of these labs: if all of it is "
                           "for one lab, name that one, as LAB=01");
    } else if (labs.size() > 1 && !none.empty()) {
        notes.push_back("nobody has handed in anything for lab " +
                        lab::joined(none, " ", short_name) + ", where nobody gets marks: LAB='" +
                        lab::joined(there, " ", short_name) + "' grades the rest alone");
    }
    if (const auto& elsewhere = policy.extra_elsewhere; !elsewhere.empty()) {
        notes.push_back(
            "the policy's extra credit for lab " + lab::joined(elsewhere, " ", short_name) +
            " counts nowhere here: this run is of lab " + lab::joined(labs, " ", short_name));
    }
    return notes;
}

} // namespace grading
