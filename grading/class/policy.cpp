#include "grading/class/policy.h"

#include "grading/class/times.h"
#include "grading/files.h"
#include "grading/layout.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <functional>
#include <set>
#include <stdexcept>

#include <yaml-cpp/yaml.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

// Reads the file, and knows where it is wrong.
class Reader {
public:
    Reader(fs::path file, const LabNames& labs) : file_(std::move(file)), labs_(labs) {}

    [[nodiscard]] Policy read(const YAML::Node& root) const
    {
        Policy policy = plain_policy(labs_.of_class);
        check_keys(root, {"attempts", "late", "cap_percent", "labs", "extensions", "extra"});
        policy.best_attempt = is_best(root["attempts"]);
        for (auto& [name, lab] : policy.labs) {
            read_rules(root, lab);
        }
        for_each_lab(root["labs"], [&](const std::string& lab, const YAML::Node& rules) {
            check_keys(rules, {"due", "late", "cap_percent"});
            read_rules(rules, policy.labs[lab]);
            policy.labs[lab].due = rules["due"] ? std::optional(time(rules["due"])) : std::nullopt;
        });
        for_each_student(root["extensions"], [&](const std::string& who, const YAML::Node& labs) {
            for_each_lab(labs, [&](const std::string& lab, const YAML::Node& value) {
                policy.extensions[who][lab] = extension(value, policy.labs.at(lab).due);
            });
        });
        for_each_student(root["extra"], [&](const std::string& who, const YAML::Node& labs) {
            for_each_lab(
                labs,
                [&](const std::string& lab, const YAML::Node& value) {
                    policy.extra[who][lab] = number(value, -1e6, 1e6);
                },
                [&](const std::string& lab) { policy.extra_elsewhere.insert(lab); });
        });
        return policy;
    }

    [[noreturn]] void refuse(int line, const std::string& what) const
    {
        throw std::invalid_argument(file_.string() + ":" + std::to_string(line + 1) + ": " +
                                    harness::readable(what, 500));
    }

private:
    [[noreturn]] void refuse(const YAML::Node& node, const std::string& what) const
    {
        refuse(node.Mark().line, what);
    }

    void check_map(const YAML::Node& node) const
    {
        if (!node.IsMap()) {
            refuse(node, "a map is wanted here, as `key: value`");
        }
        std::set<std::string> seen;
        for (const auto& entry : node) {
            if (!seen.insert(entry.first.Scalar()).second) {
                refuse(entry.first, "'" + entry.first.Scalar() + "' stands here twice");
            }
        }
    }

    void check_keys(const YAML::Node& node, const std::vector<std::string>& known) const
    {
        check_map(node);
        for (const auto& entry : node) {
            if (std::ranges::find(known, entry.first.Scalar()) == known.end()) {
                refuse_as_none_of(known, entry.first);
            }
        }
    }

    [[noreturn]] void refuse_as_none_of(const std::vector<std::string>& known,
                                        const YAML::Node& node,
                                        const std::string& question = "") const
    {
        std::string list;
        std::ranges::for_each(known, [&](const std::string& key) { list += " " + key; });
        refuse(node, "'" + node.Scalar() + "' is none of" + list +
                         (question.empty() ? "" : "; " + question));
    }

    [[nodiscard]] bool is_best(const YAML::Node& node) const
    {
        if (!node || (node.IsScalar() && node.Scalar() == "last")) {
            return false;
        }
        if (!node.IsScalar() || node.Scalar() != "best") {
            refuse(node, "attempts: last or best");
        }
        return true;
    }

    void read_rules(const YAML::Node& node, LabPolicy& lab) const
    {
        if (const YAML::Node late = node["late"]) {
            check_keys(late, {"percent_per_day", "grace_hours", "most_percent"});
            read_number(late["percent_per_day"], lab.percent_per_day, 100);
            read_number(late["grace_hours"], lab.grace_hours, 10'000);
            read_number(late["most_percent"], lab.most_percent, 100);
        }
        read_number(node["cap_percent"], lab.cap_percent, 1'000);
    }

    void read_number(const YAML::Node& node, double& value, double most) const
    {
        if (node) {
            value = number(node, 0, most);
        }
    }

    [[nodiscard]] double number(const YAML::Node& node, double least, double most) const
    {
        double value = 0;
        if (!YAML::convert<double>::decode(node, value) || !(value >= least && value <= most)) {
            refuse(node, "a number is wanted here, from " + std::to_string(long(least)) + " to " +
                             std::to_string(long(most)));
        }
        return value;
    }

    [[nodiscard]] std::int64_t time(const YAML::Node& node) const
    {
        try {
            return time_from(node.IsScalar() ? node.Scalar() : "");
        } catch (const std::invalid_argument& error) {
            refuse(node, error.what());
        }
    }

    // A slip of the year would make late what is in time.
    [[nodiscard]] std::int64_t extension(const YAML::Node& node,
                                         const std::optional<std::int64_t>& due) const
    {
        const std::int64_t end = time(node);
        if (due && end < *due) {
            refuse(node, "an extension ends after the due date, which is " + to_utc(*due));
        }
        return end;
    }

    // `other` is called for one that is not of this class.
    template <typename Act>
    void for_each_lab(const YAML::Node& node, const Act& act,
                      const std::function<void(const std::string&)>& other = {}) const
    {
        if (!node) {
            return;
        }
        check_map(node);
        std::set<std::string> seen; // "01" and "01-iterative" are one
        for (const auto& entry : node) {
            const std::string& lab = lab_named(entry.first);
            if (!seen.insert(lab).second) {
                refuse(entry.first, "'" + entry.first.Scalar() + "' stands here twice, as " + lab);
            }
            if (std::ranges::find(labs_.of_class, lab) != labs_.of_class.end()) {
                act(lab, entry.second);
            } else if (other) {
                other(lab);
            }
        }
    }

    [[nodiscard]] const std::string& lab_named(const YAML::Node& node) const
    {
        const std::string& name = node.Scalar();
        for (const std::string& lab : labs_.all) {
            if (means(name, lab)) {
                return lab;
            }
        }
        refuse_as_none_of(labs_.all, node, nearest_lab(name, labs_.all));
    }

    template <typename Act> void for_each_student(const YAML::Node& node, const Act& act) const
    {
        if (!node) {
            return;
        }
        check_map(node);
        for (const auto& entry : node) {
            act(entry.first.Scalar(), entry.second);
        }
    }

    fs::path file_;
    const LabNames& labs_;
};

} // namespace

Policy plain_policy(const std::vector<std::string>& labs)
{
    Policy policy;
    for (const std::string& lab : labs) {
        policy.labs[lab] = {};
    }
    return policy;
}

Policy parse_policy(const std::string& yaml, const fs::path& file, const LabNames& labs)
{
    const Reader reader(file, labs);
    try {
        const std::vector<YAML::Node> roots = YAML::LoadAll(yaml);
        if (roots.size() > 1) {
            reader.refuse(roots[1].Mark().line, "a second document: leave `---` out");
        }
        return roots.empty() || roots[0].IsNull() ? plain_policy(labs.of_class)
                                                  : reader.read(roots[0]);
    } catch (const YAML::Exception& error) {
        reader.refuse(error.mark.line, error.msg);
    }
}

Policy load_policy(const fs::path& file, const LabNames& labs)
{
    if (!fs::is_regular_file(file)) {
        throw std::invalid_argument("--policy " + file.string() + " is no file");
    }
    return parse_policy(contents_of(file), file, labs);
}

} // namespace grading
