#include "grading/class/who.h"

#include "common/joined.h"
#include "grading/class/nearest.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>

namespace grading {

namespace {

std::string quoted(const std::string& word)
{
    return "'" + harness::readable(word, 200) + "'";
}

template <typename Value> using ByStudent = std::map<std::string, std::map<std::string, Value>>;

template <typename Value>
void use_ids(ByStudent<Value>& given, Index& index, std::set<std::string>& nobody)
{
    ByStudent<Value> by_id;
    for (const auto& [word, labs] : given) {
        const auto id = id_of(index, word);
        if (!id) {
            nobody.insert(word);
        }
        for (const auto& [lab, value] : labs) {
            if (!by_id[id.value_or(word)].emplace(lab, value).second) {
                throw std::invalid_argument("the policy names " + quoted(*id) + " twice for lab " +
                                            lab + ": by id and by e-mail address; leave one out");
            }
        }
    }
    given = std::move(by_id);
}

} // namespace

std::optional<std::string> id_of(Index& index, const std::string& word)
{
    const std::vector<std::string> ids = index.ids_of(word);
    return ids.size() == 1 ? std::optional(ids[0]) : std::nullopt;
}

std::string why_nobody(Index& index, const std::string& word)
{
    if (const std::vector<std::string> ids = index.ids_of(word); !ids.empty()) {
        return quoted(word) + " is the e-mail address of " + lab::joined(ids, " and ", quoted) +
               "; name one by the id";
    }
    Nearest nearest(word);
    Nearest nearest_account(word.substr(0, word.find('@'))); // "alice@example.org" is alice's
    index.for_each_person([&](const Person& person) {
        for (const std::string& known : {person.id, person.email, person.name}) {
            nearest.look_at(known, person.id);
            nearest_account.look_at(known, person.id);
        }
    });
    const std::string question = nearest.question();
    return "nobody has the id or e-mail address " + quoted(word) +
           (question.empty() ? nearest_account.question() : question);
}

std::vector<std::string> use_ids(Policy& policy, Index& index)
{
    std::set<std::string> nobody;
    use_ids(policy.extensions, index, nobody);
    use_ids(policy.extra, index, nobody);
    std::vector<std::string> lines;
    std::ranges::transform(nobody, std::back_inserter(lines), [&](const std::string& word) {
        return "policy: " + why_nobody(index, word);
    });
    return lines;
}

std::vector<std::string> ids_to_regrade(Index& index, const std::vector<std::string>& words)
{
    std::vector<std::string> ids;
    std::vector<std::string> nobody;
    for (const std::string& word : words) {
        if (const auto id = id_of(index, word)) {
            ids.push_back(*id);
        } else {
            nobody.push_back(why_nobody(index, word));
        }
    }
    if (!nobody.empty()) {
        throw std::invalid_argument("--regrade: " + lab::joined(nobody, "; "));
    }
    return ids;
}

} // namespace grading
