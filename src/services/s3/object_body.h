// The bytes of objects on their way: a sink that stages a blob and computes what is told of it, a source that
// reads the extents of an object one after another.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/keeping_sink.h"
#include "services/s3/digests.h"
#include "store/objects/object_store.h"

namespace meridian::services::s3 {

inline constexpr std::uint64_t kPutBytesMax =
    5ULL * 1024 * 1024 * 1024;  // of an object put at once, of a part

// What the sender says of the body; it is held to that.
struct BodyClaim {
  std::optional<std::string> md5;  // Content-MD5: base64
  Checksum checksum;  // of a header field; or only its algorithm, when a trailer brings the value
};

class ObjectBody final : public aws::KeepingSink {
 public:
  // The queue outlives it.
  ObjectBody(std::unique_ptr<store::objects::Staged> staged, BodyClaim claim, Md5Queue& queue);

  aws::Outcome<void> take(std::string_view bytes) override;
  aws::Outcome<void> take_shared(const SharedBytes& bytes) override;
  aws::Outcome<void> end(const aws::Headers& trailers) override;

  // After end().
  store::objects::Staged& staged() { return *staged_; }
  Extent extent() const { return {staged_->id(), staged_->size()}; }
  std::string etag() const;
  Checksum checksum() const;

 private:
  template <typename Bytes>
  aws::Outcome<void> take_any(const Bytes& bytes, std::string_view view);

  std::unique_ptr<store::objects::Staged> staged_;
  const BodyClaim claim_;
  Digests digests_;
};

// `offset` and `length` lie inside the extents.
class ObjectSource final : public aws::BodySource {
  struct Key {};  // only open() makes one

 public:
  ObjectSource(Key, store::objects::ObjectStore& objects, std::vector<Extent> extents, std::uint64_t offset,
               std::uint64_t length)
      : objects_(objects), extents_(std::move(extents)), skip_(offset), left_(length), length_(length) {}
  // With its first piece read, so that what cannot be read is refused before anything is promised.
  static Result<std::shared_ptr<ObjectSource>> open(store::objects::ObjectStore& objects,
                                                    std::vector<Extent> extents, std::uint64_t offset,
                                                    std::uint64_t length);
  std::uint64_t size() const override { return length_; }
  Result<std::string> read() override { return TRY(read_piece()).take_text(); }
  Result<Piece> read_piece() override;
  std::optional<Piece> ready() override;

 private:
  Result<Piece> next();

  store::objects::ObjectStore& objects_;
  const std::vector<Extent> extents_;
  std::size_t at_ = 0;  // the extent that follows the one being read
  std::uint64_t skip_, left_;
  const std::uint64_t length_;
  std::unique_ptr<store::objects::BlobReader> reader_;
  Piece first_;
};

// A document's Content-MD5 and x-amz-checksum-… fields against its bytes.
aws::Outcome<void> check_document(const aws::Headers& fields, std::string_view document);

// Reads all of a source into a sink: a copy.
aws::Outcome<void> pour(aws::BodySource& source, aws::BodySink& sink);

}  // namespace meridian::services::s3
