// What a class run knows besides the records: who handed in what and when, the hashes of files and
// the gist of records that have not changed since. The records are the truth; this is only quick,
// keeps the memory flat however large the class, and is made anew when it is lost.
#pragma once

#include "grading/class/database.h"
#include "grading/class/summary.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

namespace grading {

struct Person {
    std::string id; // unique
    std::string name;
    std::string email;
    std::string folder; // as found under SUBMISSIONS
};

// One student's work on one lab, handed in at one time.
struct Attempt {
    std::string student;
    std::string lab;
    std::int64_t time = 0;   // when it was handed in, or unknown_time
    std::string origin;      // under SUBMISSIONS
    std::string hash;        // of its server.cpp; empty: there is none …
    std::string outcome{};   // … "no_submission" or "rejected" …
    std::string sentence{};  // … because of this
    std::int64_t number = 0; // of those of one time, the one with the larger is later
};

struct UnitOfWork {
    std::string lab;
    std::string hash; // of the submission
};

class Index {
public:
    // One that cannot be read is thrown away.
    explicit Index(const std::filesystem::path& file);

    void begin() { database_.execute("BEGIN"); }
    void commit() { database_.execute("COMMIT"); }

    // Everything that is about this class, not about files.
    void forget_class();
    // False: there is one of that id already, found elsewhere.
    bool add(const Person& person);
    void add(const Attempt& attempt);

    // By id.
    void for_each_person(const std::function<void(const Person&)>& act);
    // Whose id this is; else whose e-mail address, in small letters or large.
    std::vector<std::string> ids_of(const std::string& id_or_email);
    // Labs for which somebody has handed in a file, or has done so for all that we know.
    std::vector<std::string> labs_handed_in();
    // One person's, the oldest first; of the same time and number, attempt-2 before attempt-10.
    std::vector<Attempt> attempts_of(const std::string& student);
    // Each pair once, by lab and hash; only of the attempts that are a student's last with a file,
    // or of all.
    void for_each_unit(bool last_only, const std::function<void(const UnitOfWork&)>& act);

    // Nothing when it may have changed since it was remembered.
    std::optional<std::string> known_hash(const std::filesystem::path& file,
                                          const struct stat& status);
    void remember(const std::filesystem::path& file, const struct stat& status,
                  const std::string& hash);
    std::optional<Summary> known_summary(const std::filesystem::path& record,
                                         const struct stat& status);
    void remember(const std::filesystem::path& record, const struct stat& status,
                  const Summary& summary);

private:
    std::optional<std::string> known(const std::string& kind, const std::filesystem::path& file,
                                     const struct stat& status);
    void remember(const std::string& kind, const std::filesystem::path& file,
                  const struct stat& status, const std::string& value);

    Database database_;
};

} // namespace grading
