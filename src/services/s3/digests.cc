#include "services/s3/digests.h"

#include <openssl/evp.h>

#include "aws/http.h"
#include "base/bytes.h"
#include "base/check.h"
#include "services/s3/crc.h"

namespace meridian::services::s3 {
namespace {

class Hash {
 public:
  explicit Hash(const EVP_MD* kind) { CHECK(EVP_DigestInit_ex(context_, kind, nullptr) == 1); }
  ~Hash() { EVP_MD_CTX_free(context_); }
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;
  void add(std::string_view bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  std::string finish() {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    CHECK(EVP_DigestFinal_ex(context_, out, &size) == 1);
    return std::string(reinterpret_cast<char*>(out), size);
  }

 private:
  EVP_MD_CTX* context_ = EVP_MD_CTX_new();
};

CrcKind kind_of(ChecksumAlgorithm algorithm) {
  if (algorithm == ChecksumAlgorithm::Crc32) return CrcKind::Crc32;
  return algorithm == ChecksumAlgorithm::Crc32c ? CrcKind::Crc32c : CrcKind::Crc64nvme;
}

std::string raw(ChecksumAlgorithm algorithm, std::uint64_t crc) {
  std::string out;
  if (algorithm == ChecksumAlgorithm::Crc64nvme) {
    append_u64(out, crc);
  } else {
    append_u32(out, static_cast<std::uint32_t>(crc));
  }
  return out;
}

std::uint64_t number(std::string_view raw_crc) {
  std::uint64_t value = 0;
  for (char byte : raw_crc) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

struct Digests::State {
  Md5 md5;
  std::optional<Md5Queue::Stream> queued;  // in place of md5
  std::unique_ptr<Hash> hash;
  std::uint64_t crc = 0;
};

Digests::Digests(ChecksumAlgorithm algorithm, Md5Queue* queue)
    : algorithm_(algorithm), state_(std::make_unique<State>()) {
  if (queue != nullptr) state_->queued.emplace(*queue);
  if (algorithm == ChecksumAlgorithm::Sha1) state_->hash = std::make_unique<Hash>(EVP_sha1());
  if (algorithm == ChecksumAlgorithm::Sha256) state_->hash = std::make_unique<Hash>(EVP_sha256());
}
Digests::~Digests() = default;

void Digests::add(std::string_view bytes) {
  state_->queued ? state_->queued->add(bytes) : state_->md5.add(bytes);
  add_to_checksum(bytes);
}

void Digests::add(const SharedBytes& bytes) {
  state_->queued ? state_->queued->add(bytes) : state_->md5.add(bytes.bytes);
  add_to_checksum(bytes.bytes);
}

void Digests::add_to_checksum(std::string_view bytes) {
  if (state_->hash) state_->hash->add(bytes);
  if (is_crc(algorithm_)) state_->crc = extend_crc(kind_of(algorithm_), state_->crc, bytes);
}

void Digests::finish() {
  md5_ = state_->queued ? state_->queued->finish() : state_->md5.finish();
  if (state_->hash) checksum_ = state_->hash->finish();
  if (is_crc(algorithm_)) checksum_ = raw(algorithm_, state_->crc);
}

std::string md5_of(std::string_view bytes) {
  Digests digests(ChecksumAlgorithm::None);
  digests.add(bytes);
  digests.finish();
  return digests.md5();
}

std::string checksum_of(ChecksumAlgorithm algorithm, std::string_view bytes) {
  Digests digests(algorithm);
  digests.add(bytes);
  digests.finish();
  return digests.checksum();
}

bool is_crc(ChecksumAlgorithm algorithm) {
  return algorithm == ChecksumAlgorithm::Crc32 || algorithm == ChecksumAlgorithm::Crc32c ||
         algorithm == ChecksumAlgorithm::Crc64nvme;
}

std::string combine(ChecksumAlgorithm algorithm, std::string_view first, std::string_view second,
                    std::uint64_t second_size) {
  return raw(algorithm, combine_crcs(kind_of(algorithm), number(first), number(second), second_size));
}

const char* name_of(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::None:
      return "";
    case ChecksumAlgorithm::Crc32:
      return "CRC32";
    case ChecksumAlgorithm::Crc32c:
      return "CRC32C";
    case ChecksumAlgorithm::Crc64nvme:
      return "CRC64NVME";
    case ChecksumAlgorithm::Sha1:
      return "SHA1";
    case ChecksumAlgorithm::Sha256:
      return "SHA256";
  }
  return "";
}

const char* name_of(ChecksumType type) {
  return type == ChecksumType::FullObject ? "FULL_OBJECT" : "COMPOSITE";
}

std::optional<ChecksumAlgorithm> algorithm_of(std::string_view name) {
  for (ChecksumAlgorithm algorithm : kChecksumAlgorithms)
    if (aws::equal_ignoring_case(name, name_of(algorithm))) return algorithm;
  return std::nullopt;
}

std::optional<ChecksumAlgorithm> algorithm_of_header(std::string_view field) {
  constexpr std::string_view kPrefix = "x-amz-checksum-";
  if (!aws::equal_ignoring_case(field.substr(0, kPrefix.size()), kPrefix)) return std::nullopt;
  return algorithm_of(field.substr(kPrefix.size()));
}

}  // namespace meridian::services::s3
