// A load whose every state can be told from how many transactions each writer got through, so that after a
// crash one look shows what was lost, half applied or made up. Used by the tests that kill processes and cut
// power. Rule: transaction n of a writer commits only on top of its transaction n - 1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace meridian::store {

class CrashWorkload {
 public:
  // Values have `filler` bytes more than they need.
  CrashWorkload(std::size_t writers, std::size_t filler) : writers_(writers), filler_(filler) {}
  std::size_t writers() const { return writers_; }

  // Commits the writer's next transaction (several puts and a delete on top of `done`); its number when
  // acknowledged.
  Result<std::uint64_t> commit_next(Store& store, std::size_t writer, std::uint64_t done) const;

  // How far each writer has come in a store that was just opened: an Error (Corrupt) that says what is wrong
  // when less than `acknowledged` is there, a transaction is there in part, revisions have gaps, or the event
  // log does not lead to the state.
  Result<std::vector<std::uint64_t>> check(Store& store,
                                           const std::vector<std::uint64_t>& acknowledged) const;

 private:
  Transaction transaction(std::size_t writer, std::uint64_t number) const;
  Result<std::uint64_t> check_writer(Store& store, std::size_t writer, std::uint64_t acknowledged) const;

  std::size_t writers_, filler_;
};

}  // namespace meridian::store
