// SQLite, as much of it as the index of a class needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace grading {

class Database;

// One use of a statement: bind its values in order, step through its rows, and it is free again.
class Query {
public:
    explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    Query& bind(std::string_view text); // copied
    Query& bind(std::int64_t number);
    bool step();                              // to the next row; false: there is none
    void run() { static_cast<void>(step()); } // for what has no rows

    // Of the row, from 0.
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t number(int column) const;

private:
    sqlite3_stmt* statement_;
    int bound_ = 0;
};

class Database {
public:
    // Throws std::runtime_error for a file that is none.
    Database(const std::filesystem::path& file, const std::string& schema);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // Prepared once, however often it is asked for. One at a time may be under way, of each text.
    Query query(const std::string& sql);
    void execute(const std::string& sql);

private:
    sqlite3* handle_ = nullptr;
    std::map<std::string, sqlite3_stmt*, std::less<>> prepared_;
};

} // namespace grading
