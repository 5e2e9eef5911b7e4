// Blobs: bytes of any size under an id, too large for the store, referred to from it.
//
// Rules every implementation must keep:
//  - a staged blob is durable when finish() returns, and exists for others from the commit of the transaction
//    that keep() was called on; dropped before that, it leaves nothing behind, also after a crash;
//  - a blob exists until the commit of a transaction that discard() was called on, and may be read to its end
//    by whoever pinned it before;
//  - what is read is what was written, or a failure: Corrupt when the stored bytes are not.
// Thread-safe; one Staged or BlobReader is used by one thread at a time. open() and next() heed NoWaiting.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/piece.h"
#include "base/result.h"
#include "store/store.h"

namespace meridian::store::objects {

class Staged {
 public:
  virtual ~Staged() = default;
  virtual Result<void> append(Bytes bytes) = 0;
  virtual Result<void> finish() = 0;  // once, after the last append
  virtual const std::string& id() const = 0;
  virtual std::uint64_t size() const = 0;
  // After finish(): adds what makes the blob exist to the transaction that refers to it.
  virtual void keep(Transaction& transaction) const = 0;
  // That transaction was committed, or nobody knows whether it was.
  virtual void kept() = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual Result<Piece> next() = 0;  // empty after the last; after a failure it may be tried again
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual Result<std::unique_ptr<Staged>> stage() = 0;
  // `length` bytes from `offset`, which must lie inside. NotFound: no such blob, or none any more.
  virtual Result<std::unique_ptr<BlobReader>> open(std::string_view id, std::uint64_t offset,
                                                   std::uint64_t length) = 0;
  // Adds to a transaction that these blobs are nobody's any more. No ids: nothing.
  virtual void discard(Transaction& transaction, const std::vector<std::string>& ids) = 0;
  // While the result lives, these blobs can be opened even when they are discarded. For an object of several
  // blobs, which are opened one after another.
  [[nodiscard]] virtual std::shared_ptr<void> pin(std::vector<std::string> ids) = 0;
};

}  // namespace meridian::store::objects
