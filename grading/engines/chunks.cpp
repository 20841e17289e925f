#include "grading/engines/chunks.h"

#include "grading/class/store.h"

#include <algorithm>
#include <fstream>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr double usual_seconds_a_unit = 6;
constexpr int most_rounds = 4;

bool has_record(const fs::path& out, const Unit& unit)
{
    return fs::exists(record_file(out, unit.lab, unit.key));
}

std::string trouble_of(const fs::path& out, const Unit& unit)
{
    std::ifstream file(trouble_file(out, unit.lab, unit.key));
    std::string line;
    std::getline(file, line);
    return line;
}

} // namespace

std::size_t chunk_size(std::size_t units, std::size_t slots, double seconds_a_unit)
{
    constexpr double wanted_seconds = 180;
    const std::size_t rounds = 4 * std::max<std::size_t>(1, slots);
    const std::size_t most = std::max<std::size_t>(1, (units + rounds - 1) / rounds);
    return std::clamp(static_cast<std::size_t>(wanted_seconds / seconds_a_unit), std::size_t{1},
                      most);
}

std::vector<Chunk> ChunkedEngine::open_chunks(std::size_t size) const
{
    std::vector<Chunk> chunks;
    ManifestReader manifest(request_.out);
    std::size_t place = 0;
    for (auto unit = manifest.next(); unit; unit = manifest.next(), ++place) {
        const std::size_t first = place - place % size;
        const bool new_chunk = chunks.empty() || chunks.back().first != first;
        if (new_chunk && !has_record(request_.out, *unit) &&
            !fs::exists(trouble_file(request_.out, unit->lab, unit->key))) {
            chunks.push_back({first, first + size});
        }
    }
    return chunks;
}

void ChunkedEngine::look(const UnitObserver& observer)
{
    ManifestReader manifest(request_.out);
    std::size_t place = 0;
    for (auto unit = manifest.next(); unit; unit = manifest.next(), ++place) {
        if (!seen_[place] && has_record(request_.out, *unit)) {
            seen_[place] = true;
            observer(*unit, UnitEnd::graded, "");
        }
    }
}

void ChunkedEngine::tell_of_the_rest(const UnitObserver& observer)
{
    const std::string said = trouble();
    const std::string nobody = "no machine came back with it" + (said.empty() ? "" : ": " + said);
    ManifestReader manifest(request_.out);
    std::size_t place = 0;
    for (auto unit = manifest.next(); unit; unit = manifest.next(), ++place) {
        if (!seen_[place]) {
            const std::string why = trouble_of(request_.out, *unit);
            observer(*unit, UnitEnd::failed, why.empty() ? nobody : why);
        }
    }
}

void ChunkedEngine::run(Interrupt& interrupt, const UnitObserver& observer)
{
    seen_.assign(request_.units, false);
    look([](const Unit&, UnitEnd, const std::string&) {}); // what is there already
    fs::remove_all(request_.out / "trouble");              // it is tried again
    const std::size_t size = chunk_size(request_.units, slots(), usual_seconds_a_unit);
    try {
        for (int round = 0; round < most_rounds; ++round) {
            const std::vector<Chunk> chunks = open_chunks(size);
            if (chunks.empty()) {
                break;
            }
            start(chunks);
            while (is_busy()) {
                interrupt.wait_for_any({}, harness::Seconds(0.5));
                look(observer);
            }
            look(observer);
        }
    } catch (...) {
        stop();
        throw;
    }
    tell_of_the_rest(observer);
}

} // namespace grading
