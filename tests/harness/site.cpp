#include "tests/harness/site.h"

#include "common/errors.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace harness {

namespace fs = std::filesystem;

Site::Site()
{
    std::string name = fs::temp_directory_path() / "lab-site-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        lab::fail("mkdtemp " + name);
    }
    folder_ = name;
    lab::check(::chmod(name.c_str(), 0755), "chmod"); // servers run as another user
    make_folder(".");
}

Site::~Site()
{
    std::error_code gone;
    fs::remove_all(folder_, gone);
}

void Site::make_folder(const std::string& name) const
{
    fs::create_directories(root() + "/" + name);
    lab::check(::chmod((root() + "/" + name).c_str(), 0755), "chmod");
}

void Site::write(const std::string& name, std::string_view contents) const
{
    const fs::path file = fs::path(root()) / name;
    fs::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary);
    out << contents;
    out.close();
    if (!out) {
        throw std::runtime_error("cannot write " + file.string());
    }
    lab::check(::chmod(file.c_str(), 0644), "chmod");
}

void Site::write_of_2020(const std::string& name, std::string_view contents) const
{
    write(name, contents);
    constexpr time_t then = 1'577'934'245;
    const std::array<timespec, 2> times{{{then, 0}, {then, 0}}};
    lab::check(::utimensat(AT_FDCWD, (root() + "/" + name).c_str(), times.data(), 0), "utimensat");
}

void Site::make_link(const std::string& name, const std::string& target) const
{
    fs::create_symlink(target, fs::path(root()) / name);
}

std::string patterned(std::size_t size)
{
    std::string bytes(size, '\0');
    std::uint32_t state = 2'463'534'242U; // xorshift: no period that a buffer's size could hide
    for (char& byte : bytes) {
        state ^= state << 13U;
        state ^= state >> 17U;
        state ^= state << 5U;
        byte = static_cast<char>(state >> 24U);
    }
    return bytes;
}

} // namespace harness
