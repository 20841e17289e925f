// Takes the source files out of a stranger's archive: zip, tar, tar.gz or tar.xz on stdin. Writes
// no file. On stdout, for each server.cpp: "SIZE PATH\n" and its bytes; when there is none, for
// each other file "- PATH\n", of very many some. All of it, or nothing. Exit 0, or 1 with one
// sentence on stderr that says why the archive is rejected.
//
//   look at every header ── one is not as it should be ──► rejected
//           └── again from the start: the bytes of those with the right name

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

namespace {

constexpr std::size_t most_entries = 20'000;
constexpr std::int64_t most_bytes = std::int64_t{256} << 20U; // of everything, unpacked
constexpr std::int64_t most_source = std::int64_t{1} << 20U;
constexpr std::size_t most_sources = 64;
constexpr std::size_t most_others = 1'000; // to be named
constexpr std::size_t deepest = 12;
constexpr std::size_t longest_name = 512;
constexpr std::size_t longest_part = 255; // of a name: no file system has room for more
constexpr std::string_view wanted = "server.cpp";

class Rejected : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

using Archive = std::unique_ptr<archive, decltype(&::archive_read_free)>;

std::string trouble_with(archive* from)
{
    const char* const why = ::archive_error_string(from);
    return why != nullptr ? why : "no reason known";
}

[[noreturn]] void reject_damaged(archive* from)
{
    throw Rejected("it cannot be read to its end: " + trouble_with(from));
}

Archive open_stdin()
{
    if (::lseek(STDIN_FILENO, 0, SEEK_SET) == -1) {
        throw Rejected("standard input is no file");
    }
    Archive from(::archive_read_new(), &::archive_read_free);
    ::archive_read_support_filter_gzip(from.get());
    ::archive_read_support_filter_xz(from.get());
    ::archive_read_support_format_tar(from.get());
    // By its directory at the end alone: a zip cut short would else pass for a smaller one.
    ::archive_read_support_format_zip_seekable(from.get());
    if (::archive_read_open_fd(from.get(), STDIN_FILENO, 65'536) != ARCHIVE_OK) {
        throw Rejected("it is damaged, or no zip, tar, tar.gz or tar.xz");
    }
    return from;
}

std::vector<std::string_view> parts_of(std::string_view path)
{
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view part = path.substr(at, end - at);
        if (!part.empty() && part != ".") {
            parts.push_back(part);
        }
        at = end + 1;
    }
    return parts;
}

bool has_control_characters(std::string_view text)
{
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string path_of(archive_entry* entry)
{
    const char* const name = ::archive_entry_pathname(entry);
    if (name == nullptr || *name == '\0') {
        throw Rejected("one of its names cannot be read");
    }
    return name;
}

bool is_wanted(archive_entry* entry, const std::string& path)
{
    const auto parts = parts_of(path);
    return ::archive_entry_filetype(entry) == AE_IFREG && !parts.empty() &&
           parts.back() == wanted && parts.front() != "__MACOSX";
}

// Does it warn of nothing but a name in no encoding that we know, of what is not wanted anyway?
bool is_only_strange(archive* from, archive_entry* entry)
{
    return trouble_with(from).starts_with("Pathname can") && !is_wanted(entry, path_of(entry));
}

// The next header; false at the end. Any other warning is one too many.
bool next(archive* from, archive_entry*& entry)
{
    const int code = ::archive_read_next_header(from, &entry);
    const bool fine = code == ARCHIVE_OK || (code == ARCHIVE_WARN && is_only_strange(from, entry));
    if (!fine && code != ARCHIVE_EOF) {
        reject_damaged(from);
    }
    return fine;
}

// Its name without "./", or why it is rejected.
std::string checked_path(archive_entry* entry)
{
    const std::string path = path_of(entry);
    const auto parts = parts_of(path);
    const bool too_long = std::ranges::any_of(
        parts, [](std::string_view part) { return part.size() > longest_part; });
    if (path.size() > longest_name || too_long || has_control_characters(path)) {
        throw Rejected("one of its names is too long, or has control characters in it");
    }
    if (path.starts_with('/') || path.find('\\') != std::string::npos) {
        throw Rejected("it has an absolute name in it: " + path);
    }
    if (parts.size() > deepest) {
        throw Rejected("its folders are too deep: " + path);
    }
    std::string clean;
    for (const std::string_view part : parts) {
        if (part == "..") {
            throw Rejected("it has a name with .. in it: " + path);
        }
        clean.append(clean.empty() ? "" : "/").append(part);
    }
    return clean;
}

void check_kind(archive_entry* entry, const std::string& path)
{
    if (::archive_entry_hardlink(entry) != nullptr || ::archive_entry_symlink(entry) != nullptr) {
        throw Rejected("it has a link in it: " + path);
    }
    const auto kind = ::archive_entry_filetype(entry);
    if (kind != AE_IFREG && kind != AE_IFDIR) {
        throw Rejected("it has something in it that is neither a file nor a folder: " + path);
    }
    if (::archive_entry_sparse_count(entry) > 0) {
        throw Rejected("it has a file with holes in it: " + path);
    }
    if (::archive_entry_is_encrypted(entry) != 0) {
        throw Rejected("it is encrypted: " + path);
    }
}

// Both cannot be written, and which of them would be graded?
void check_no_file_is_a_folder(const std::set<std::string>& files)
{
    for (const std::string& file : files) {
        const auto below = files.lower_bound(file + "/");
        if (below != files.end() && below->starts_with(file + "/")) {
            throw Rejected("it has the same name for a file and a folder: " + file);
        }
    }
}

void check_all()
{
    const Archive from = open_stdin();
    std::size_t entries = 0;
    std::set<std::string> sources;
    std::int64_t bytes = 0;
    for (archive_entry* entry = nullptr; next(from.get(), entry);) {
        const std::string path = checked_path(entry);
        check_kind(entry, path);
        const std::int64_t size = std::max<std::int64_t>(0, ::archive_entry_size(entry));
        const bool source = is_wanted(entry, path);
        if (source && !sources.insert(path).second) { // which of them would be graded?
            throw Rejected("it has a file in it twice: " + path);
        }
        bytes += std::min(size, most_bytes + 1);
        if (++entries > most_entries || sources.size() > most_sources) {
            throw Rejected("it has too many files in it");
        }
        if (bytes > most_bytes || (source && size > most_source)) {
            throw Rejected("what is in it is too large: " + path);
        }
    }
    if (entries == 0) {
        throw Rejected("there is nothing in it");
    }
    check_no_file_is_a_folder(sources);
}

std::string contents(archive* from)
{
    std::string text;
    std::array<char, 65'536> piece{};
    for (la_ssize_t got = 0; (got = ::archive_read_data(from, piece.data(), piece.size())) != 0;) {
        if (got < 0) {
            reject_damaged(from);
        }
        text.append(piece.data(), static_cast<std::size_t>(got));
        if (text.size() > static_cast<std::size_t>(most_source)) {
            throw Rejected("what is in it is larger than it says");
        }
    }
    return text;
}

// What may have been meant for a server.cpp, whatever it is called.
bool is_visible_file(archive_entry* entry, const std::string& path)
{
    const auto parts = parts_of(path);
    return ::archive_entry_filetype(entry) == AE_IFREG && !parts.empty() &&
           parts.front() != "__MACOSX" &&
           std::ranges::none_of(parts, [](std::string_view part) { return part.front() == '.'; });
}

std::string take_all()
{
    const Archive from = open_stdin();
    std::string all;
    std::string others;
    std::size_t named = 0;
    for (archive_entry* entry = nullptr; next(from.get(), entry);) {
        const std::string path = checked_path(entry);
        if (is_wanted(entry, path)) {
            const std::string text = contents(from.get());
            all += std::to_string(text.size()) + " " + path + "\n" + text;
        } else if (is_visible_file(entry, path) && ++named <= most_others) {
            others += "- " + path + "\n";
        }
    }
    return all.empty() ? others : all;
}

} // namespace

int main()
{
    std::setlocale(LC_CTYPE, "C.UTF-8"); // names are; in another locale libarchive cannot read them
    try {
        check_all();
        const std::string all = take_all();
        return std::fwrite(all.data(), 1, all.size(), stdout) == all.size() &&
                       std::fflush(stdout) == 0
                   ? 0
                   : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s", error.what());
        return 1;
    }
}
