#include "services/s3/customer_key.h"

#include <algorithm>

#include "aws/sigv4_hash.h"
#include "base/bytes.h"
#include "services/s3/digests.h"
#include "services/s3/errors.h"
#include "store/objects/seal.h"

namespace meridian::services::s3 {
namespace {

using store::objects::kBlockBytes;
using store::objects::kKeyBytes;
using store::objects::kSealedBlockBytes;
using store::objects::kTagBytes;

constexpr std::size_t kSaltBytes = 16;

std::string mac(std::string_view key, std::string_view salt) {
  return aws::sigv4::hmac_sha256(key, "meridian sse-c key" + std::string(salt));
}

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char differing = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differing |= static_cast<unsigned char>(a[i] ^ b[i]);
  return differing == 0;
}

bool is_marked_by(const CustomerKey& key, std::string_view mark) {
  const std::string_view salt = mark.substr(0, std::min(kSaltBytes, mark.size()));
  return same(mark.substr(salt.size()), mac(key.bytes, salt));
}

// A key seals one blob only: its id is nowhere used twice.
std::string blob_key(const CustomerKey& key, std::string_view id) {
  return aws::sigv4::hmac_sha256(key.bytes, "meridian sse-c blob" + std::string(id));
}

// That a blob ends where it ends is the store's own rule: no block here is the last.
constexpr bool kNeverLast = false;

class SealedStaged final : public store::objects::Staged {
 public:
  SealedStaged(std::unique_ptr<store::objects::Staged> staged, const CustomerKey& key)
      : staged_(std::move(staged)), cipher_(blob_key(key, staged_->id())) {}

  Result<void> append(Bytes bytes) override {
    size_ += bytes.size();
    block_ += as_text(bytes);
    std::size_t at = 0;
    for (; block_.size() - at >= kBlockBytes; at += kBlockBytes)
      TRY(seal(std::string_view(block_).substr(at, kBlockBytes)));
    block_.erase(0, at);
    return {};
  }
  Result<void> finish() override {
    if (!block_.empty()) TRY(seal(block_));
    return staged_->finish();
  }
  const std::string& id() const override { return staged_->id(); }
  std::uint64_t size() const override { return size_; }
  void keep(store::Transaction& transaction) const override { staged_->keep(transaction); }
  void kept() override { staged_->kept(); }

 private:
  Result<void> seal(std::string_view plain) {
    std::string sealed;
    cipher_.seal(number_++, kNeverLast, as_bytes(plain), sealed);
    return staged_->append(as_bytes(sealed));
  }

  std::unique_ptr<store::objects::Staged> staged_;
  store::objects::BlockCipher cipher_;
  std::string block_;  // less than one
  std::uint64_t number_ = 0, size_ = 0;
};

class SealedReader final : public store::objects::BlobReader {
 public:
  SealedReader(std::unique_ptr<store::objects::BlobReader> reader, const std::string& key,
               std::uint64_t first_block, std::uint64_t skip, std::uint64_t length)
      : reader_(std::move(reader)), cipher_(key), number_(first_block), skip_(skip), left_(length) {}

  Result<Piece> next() override {
    if (left_ == 0) return Piece();
    while (!ended_ && sealed_.size() < kSealedBlockBytes) {
      const Piece piece = TRY(reader_->next());
      ended_ = piece.empty();
      sealed_ += piece.view();
    }
    std::string plain;
    std::size_t at = 0;
    while (at < sealed_.size() && (ended_ || sealed_.size() - at >= kSealedBlockBytes)) {
      const std::size_t size = std::min(kSealedBlockBytes, sealed_.size() - at);
      TRY(cipher_.open(number_++, kNeverLast, as_bytes(std::string_view(sealed_).substr(at, size)), plain));
      at += size;
    }
    sealed_.erase(0, at);
    plain.erase(0, std::min<std::uint64_t>(std::exchange(skip_, 0), plain.size()));
    if (plain.size() > left_) plain.resize(left_);
    if (plain.empty())
      return fail(ErrorCode::Corrupt, "a blob is shorter than its record says", ErrorSource::Storage);
    left_ -= plain.size();
    return Piece(std::move(plain));
  }

 private:
  std::unique_ptr<store::objects::BlobReader> reader_;
  store::objects::BlockCipher cipher_;
  std::uint64_t number_, skip_, left_;
  std::string sealed_;
  bool ended_ = false;
};

class SealedObjects final : public store::objects::ObjectStore {
 public:
  SealedObjects(store::objects::ObjectStore& objects, CustomerKey key, std::vector<Extent> extents)
      : objects_(objects), key_(std::move(key)), extents_(std::move(extents)) {}

  Result<std::unique_ptr<store::objects::Staged>> stage() override {
    return std::make_unique<SealedStaged>(TRY(objects_.stage()), key_);
  }
  Result<std::unique_ptr<store::objects::BlobReader>> open(std::string_view id, std::uint64_t offset,
                                                           std::uint64_t length) override {
    const auto extent = std::ranges::find(extents_, id, &Extent::blob);
    if (extent == extents_.end() || length == 0) return objects_.open(id, 0, 0);
    const std::uint64_t first = offset / kBlockBytes;
    const std::uint64_t end =
        std::min((offset + length + kBlockBytes - 1) / kBlockBytes * kBlockBytes, extent->size);
    const std::uint64_t blocks = (end + kBlockBytes - 1) / kBlockBytes;
    const std::uint64_t begin_sealed = first * kSealedBlockBytes, end_sealed = end + blocks * kTagBytes;
    auto reader = TRY(objects_.open(id, begin_sealed, end_sealed - begin_sealed));
    return std::make_unique<SealedReader>(std::move(reader), blob_key(key_, id), first,
                                          offset - first * kBlockBytes, length);
  }
  void discard(store::Transaction& transaction, const std::vector<std::string>& ids) override {
    objects_.discard(transaction, ids);
  }
  std::shared_ptr<void> pin(std::vector<std::string> ids) override { return objects_.pin(std::move(ids)); }

 private:
  store::objects::ObjectStore& objects_;
  const CustomerKey key_;
  const std::vector<Extent> extents_;
};

aws::Failure invalid_key(const char* message) {
  return errors::invalid_argument(message, "x-amz-server-side-encryption", "null");
}

}  // namespace

aws::Outcome<std::optional<CustomerKey>> read_customer_key(const aws::Call& call,
                                                           const CustomerKeyFields& fields) {
  if (!fields.algorithm && !fields.key && !fields.key_md5) return std::nullopt;
  if (!call.secure_transport)
    return errors::invalid_request(
        "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure "
        "connection.");
  if (!fields.algorithm)
    return invalid_key(
        "Requests specifying Server Side Encryption with Customer provided keys must provide a valid "
        "encryption algorithm.");
  if (*fields.algorithm != "AES256")
    return aws::refuse("InvalidEncryptionAlgorithmError",
                       "The encryption request you specified is not valid. The valid value is AES256.");
  if (!fields.key)
    return invalid_key(
        "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate "
        "secret key.");
  if (!fields.key_md5)
    return invalid_key(
        "Requests specifying Server Side Encryption with Customer provided keys must provide the client "
        "calculated MD5 of the secret key.");
  auto bytes = from_base64(*fields.key);
  if (!bytes || bytes->size() != kKeyBytes)
    return invalid_key("The secret key was invalid for the specified algorithm.");
  if (to_base64(as_bytes(md5_of(*bytes))) != *fields.key_md5)
    return invalid_key("The calculated MD5 hash of the key did not match the hash that was provided.");
  return CustomerKey{*std::move(bytes), *fields.key_md5};
}

std::string mark_of(const std::optional<CustomerKey>& key, Random& random) {
  if (!key) return "";
  const std::string salt = random.text(kSaltBytes, "0123456789abcdef");
  return salt + mac(key->bytes, salt);
}

std::string unspeaking_etag(Random& random) {
  return random.text(32, "0123456789abcdef");
}

aws::Outcome<void> check_reading_key(const std::optional<CustomerKey>& key, std::string_view mark) {
  if (mark.empty() && key)
    return errors::invalid_request("The encryption parameters are not applicable to this object.");
  if (mark.empty()) return {};
  if (!key)
    return errors::invalid_request(
        "The object was stored using a form of Server Side Encryption. The correct parameters must be "
        "provided to retrieve the object.");
  if (!is_marked_by(*key, mark)) return errors::access_denied();
  return {};
}

aws::Outcome<void> check_part_key(const std::optional<CustomerKey>& key, std::string_view mark) {
  if (mark.empty() && !key) return {};
  if (!key)
    return errors::invalid_request(
        "The multipart upload initiate requested encryption. Subsequent part requests must include the "
        "appropriate encryption parameters.");
  if (mark.empty() || !is_marked_by(*key, mark))
    return errors::invalid_request(
        "The provided encryption parameters did not match the ones used originally.");
  return {};
}

std::shared_ptr<store::objects::ObjectStore> under_customer_key(store::objects::ObjectStore& objects,
                                                                const CustomerKey& key,
                                                                const std::vector<Extent>& extents) {
  return std::make_shared<SealedObjects>(objects, key, extents);
}

}  // namespace meridian::services::s3
