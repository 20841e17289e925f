// What engines that hand work to other machines have in common: ranges of the manifest with
// something still to do, and watching the records appear.
#pragma once

#include "grading/engines/engine.h"

#include <string>
#include <vector>

namespace grading {

struct Chunk {
    std::size_t first = 0;
    std::size_t last = 0; // exclusive
};

// Large enough that starting it costs little, small enough that every slot gets several: two to
// five minutes of work, unless the class is small.
std::size_t chunk_size(std::size_t units, std::size_t slots, double seconds_a_unit);

class ChunkedEngine : public Engine {
public:
    explicit ChunkedEngine(EngineRequest request) : request_(std::move(request)) {}
    void run(Interrupt& interrupt, const UnitObserver& observer) override;

protected:
    // How many units can be worked on at a time, everywhere.
    virtual std::size_t slots() = 0;
    virtual void start(const std::vector<Chunk>& chunks) = 0;
    // May any of it still be running, or be going to?
    virtual bool is_busy() = 0;
    virtual void stop() = 0;
    // What the engine itself has complained of: for units that nobody came back with.
    [[nodiscard]] virtual std::string trouble() const { return ""; }

    [[nodiscard]] const EngineRequest& request() const { return request_; }

private:
    // Those with a unit that has no record, and is not known to be beyond help. All of one size:
    // the last may reach beyond the manifest's end.
    [[nodiscard]] std::vector<Chunk> open_chunks(std::size_t size) const;
    // Tells of records that have appeared since the last call.
    void look(const UnitObserver& observer);
    void tell_of_the_rest(const UnitObserver& observer);

    EngineRequest request_;
    std::vector<bool> seen_; // by the unit's place in the manifest
};

std::unique_ptr<Engine> make_slurm_engine(const EngineRequest& request);
std::unique_ptr<Engine> make_parallel_engine(const EngineRequest& request);

} // namespace grading
