// Reading resources from the store and committing what was decided from them, with the store's failures as
// AWS errors. Rule: whatever a decision depends on is a precondition of its transaction, so an overtaken call
// starts again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "aws/error.h"
#include "base/result.h"
#include "store/store.h"

namespace meridian::aws {

inline constexpr std::size_t kAttemptsMax = 32;  // of a transaction that others overtake

// A failing store is our fault, not the caller's: 500.
template <typename T>
Outcome<T> or_failure(Result<T> result) {
  if (!result) return internal_failure(std::move(result).error().message);
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(result);
  }
}

template <typename T>
struct Stored {
  T value;
  store::Revision created = 0, modified = 0;
};

// The resource at a key, or nothing.
template <typename T>
Outcome<std::optional<Stored<T>>> read(store::Store& store, std::string_view key,
                                       Result<T> (*decode)(std::string_view)) {
  auto found = TRY(or_failure(store.get(key)));
  if (!found) return std::nullopt;
  return Stored<T>{TRY(or_failure(decode(found->value))), found->created, found->modified};
}

// The resource at a key, or its default with a precondition that nothing is there yet.
template <typename T>
Outcome<Stored<T>> read_or_default(store::Store& store, std::string_view key,
                                   Result<T> (*decode)(std::string_view)) {
  auto found = TRY(read(store, key, decode));
  return found ? *std::move(found) : Stored<T>{};
}

// Builds a transaction from what the store holds now and commits it; builds again when another commit came
// between. `build` returns Outcome<store::Transaction>; `overtaken` is the refusal when others were faster
// every time.
template <typename Build>
Outcome<store::Revision> commit_built(store::Store& store, Build build, Failure overtaken) {
  for (std::size_t attempt = 0; attempt < kAttemptsMax; ++attempt) {
    auto committed = store.commit(TRY(build()));
    if (committed) return *committed;
    if (committed.error().code != ErrorCode::Conflict) return internal_failure(committed.error().message);
  }
  return overtaken;
}

}  // namespace meridian::aws
