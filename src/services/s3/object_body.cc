#include "services/s3/object_body.h"

#include "base/bytes.h"
#include "services/s3/errors.h"
#include "store/no_waiting.h"

namespace meridian::services::s3 {
namespace {

// AWS computes this one for whoever sends none.
ChecksumAlgorithm algorithm_or_default(const BodyClaim& claim) {
  return claim.checksum.algorithm == ChecksumAlgorithm::None ? ChecksumAlgorithm::Crc64nvme
                                                             : claim.checksum.algorithm;
}

aws::Outcome<void> check_md5(std::string_view claimed, std::string_view computed) {
  const auto md5 = from_base64(claimed);
  if (!md5 || md5->size() != 16)
    return aws::refuse("InvalidDigest", "The Content-MD5 you specified was invalid.");
  if (*md5 != computed) return errors::bad_digest("Content-MD5");
  return {};
}

}  // namespace

ObjectBody::ObjectBody(std::unique_ptr<store::objects::Staged> staged, BodyClaim claim, Md5Queue& queue)
    : staged_(std::move(staged)), claim_(std::move(claim)), digests_(algorithm_or_default(claim_), &queue) {}

template <typename Bytes>
aws::Outcome<void> ObjectBody::take_any(const Bytes& bytes, std::string_view view) {
  if (staged_->size() + view.size() > kPutBytesMax) return errors::entity_too_large(kPutBytesMax);
  digests_.add(bytes);
  if (auto appended = staged_->append(as_bytes(view)); !appended)
    return errors::internal_error(appended.error().message);
  return {};
}

aws::Outcome<void> ObjectBody::take(std::string_view bytes) {
  return take_any(bytes, bytes);
}

aws::Outcome<void> ObjectBody::take_shared(const SharedBytes& bytes) {
  return take_any(bytes, bytes.bytes);
}

aws::Outcome<void> ObjectBody::end(const aws::Headers& trailers) {
  digests_.finish();
  if (claim_.md5) TRY(check_md5(*claim_.md5, digests_.md5()));
  const std::string computed = to_base64(as_bytes(digests_.checksum()));
  if (!claim_.checksum.value.empty() && claim_.checksum.value != computed)
    return errors::bad_digest(name_of(digests_.algorithm()));
  for (const auto& [name, value] : trailers) {
    const auto algorithm = algorithm_of_header(name);
    if (!algorithm) continue;
    if (*algorithm != digests_.algorithm())
      return errors::invalid_request("The checksum in the trailer is not the one that was announced.");
    if (value != computed) return errors::bad_digest(name_of(*algorithm));
  }
  if (auto finished = staged_->finish(); !finished) return errors::internal_error(finished.error().message);
  return {};
}

std::string ObjectBody::etag() const {
  return to_hex(as_bytes(digests_.md5()));
}

Checksum ObjectBody::checksum() const {
  return {digests_.algorithm(), ChecksumType::FullObject, to_base64(as_bytes(digests_.checksum()))};
}

Result<std::shared_ptr<ObjectSource>> ObjectSource::open(store::objects::ObjectStore& objects,
                                                         std::vector<Extent> extents, std::uint64_t offset,
                                                         std::uint64_t length) {
  auto source = std::make_shared<ObjectSource>(Key(), objects, std::move(extents), offset, length);
  source->first_ = TRY(source->next());
  return source;
}

Result<Piece> ObjectSource::read_piece() {
  if (!first_.empty()) return std::exchange(first_, {});
  return next();
}

std::optional<Piece> ObjectSource::ready() {
  if (!first_.empty()) return std::exchange(first_, {});
  if (!reader_) return std::nullopt;
  const store::NoWaiting memory_only;
  auto piece = reader_->next();
  // At the end of a blob the next one is to be opened, which may have to wait.
  if (!piece || piece->empty()) return std::nullopt;
  return *std::move(piece);
}

Result<Piece> ObjectSource::next() {
  for (;;) {
    if (reader_) {
      Piece piece = TRY(reader_->next());
      if (!piece.empty()) return piece;
      reader_.reset();
    }
    if (left_ == 0) return Piece();
    if (at_ == extents_.size())
      return fail(ErrorCode::Corrupt, "an object is shorter than its record says", ErrorSource::Storage);
    const Extent& extent = extents_[at_++];
    if (skip_ >= extent.size) {
      skip_ -= extent.size;
      continue;
    }
    const std::uint64_t here = std::min(extent.size - skip_, left_);
    reader_ = TRY(objects_.open(extent.blob, skip_, here));
    skip_ = 0;
    left_ -= here;
  }
}

aws::Outcome<void> check_document(const aws::Headers& fields, std::string_view document) {
  if (const std::string* md5 = fields.find("content-md5")) TRY(check_md5(*md5, md5_of(document)));
  for (const auto& [name, value] : fields) {
    const auto algorithm = algorithm_of_header(name);
    if (algorithm && value != to_base64(as_bytes(checksum_of(*algorithm, document))))
      return errors::bad_digest(name_of(*algorithm));
  }
  return {};
}

aws::Outcome<void> pour(aws::BodySource& source, aws::BodySink& sink) {
  for (;;) {
    const auto piece = source.read();
    if (!piece) return errors::internal_error(piece.error().message);
    if (piece->empty()) return sink.end({});
    TRY(sink.take(*piece));
  }
}

}  // namespace meridian::services::s3
