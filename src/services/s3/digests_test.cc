#include "services/s3/digests.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "services/s3/crc.h"
#include "services/s3/object_body.h"

namespace meridian::services::s3 {
namespace {

TEST(Crc, TheCataloguesCheckValuesComeOut) {
  EXPECT_EQ(extend_crc(CrcKind::Crc32, 0, "123456789"), 0xCBF43926u);
  EXPECT_EQ(extend_crc(CrcKind::Crc32c, 0, "123456789"), 0xE3069283u);
  EXPECT_EQ(extend_crc(CrcKind::Crc64nvme, 0, "123456789"), 0xAE8B14860A799888u);
}

TEST(Crc, PiecesAndCombinationsGiveTheSame) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 31);
  for (CrcKind kind : {CrcKind::Crc32, CrcKind::Crc32c, CrcKind::Crc64nvme}) {
    const std::uint64_t whole = extend_crc(kind, 0, text);
    for (std::size_t cut : {0u, 1u, 7u, 8u, 500u, 999u, 1000u}) {
      const std::string_view a = std::string_view(text).substr(0, cut),
                             b = std::string_view(text).substr(cut);
      EXPECT_EQ(extend_crc(kind, extend_crc(kind, 0, a), b), whole);
      EXPECT_EQ(combine_crcs(kind, extend_crc(kind, 0, a), extend_crc(kind, 0, b), b.size()), whole) << cut;
    }
  }
}

// Bit by bit, as the definition has it.
std::uint64_t slow_crc(CrcKind kind, std::string_view bytes) {
  const std::uint64_t polynomial = kind == CrcKind::Crc32    ? 0xEDB88320
                                   : kind == CrcKind::Crc32c ? 0x82F63B78
                                                             : 0x9A6C9329AC4BC9B5;
  const std::uint64_t ones = kind == CrcKind::Crc64nvme ? ~0ULL : 0xFFFFFFFF;
  std::uint64_t value = ones;
  for (const char byte : bytes) {
    value ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? polynomial : 0);
  }
  return value ^ ones;
}

TEST(Crc, OfAnyLengthFromAnyAddressIsTheOneOfTheDefinition) {
  std::string text;
  for (int i = 0; i < 700; ++i) text += static_cast<char>(i * 73 ^ i >> 3);
  for (CrcKind kind : {CrcKind::Crc32, CrcKind::Crc32c, CrcKind::Crc64nvme})
    for (std::size_t from : {0u, 1u, 8u, 13u})
      for (std::size_t size = 0; size + from <= text.size(); ++size) {
        const std::string_view part = std::string_view(text).substr(from, size);
        ASSERT_EQ(extend_crc(kind, 0, part), slow_crc(kind, part)) << from << " " << size;
      }
}

TEST(Digests, AreThoseThatClientsCompute) {
  const auto text = [](ChecksumAlgorithm algorithm) {
    return to_base64(as_bytes(checksum_of(algorithm, "hello")));
  };
  EXPECT_EQ(to_hex(as_bytes(md5_of("hello"))), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(text(ChecksumAlgorithm::Crc32), "NhCmhg==");
  EXPECT_EQ(text(ChecksumAlgorithm::Crc32c), "mnG7TA==");
  EXPECT_EQ(text(ChecksumAlgorithm::Sha1), "qvTGHdzF6KLavt4PO0gs2a6pQ00=");
  EXPECT_EQ(text(ChecksumAlgorithm::Sha256), "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
  EXPECT_EQ(text(ChecksumAlgorithm::None), "");
}

TEST(Digests, CombineAsTheirBytesWould) {
  for (ChecksumAlgorithm algorithm :
       {ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64nvme})
    EXPECT_EQ(combine(algorithm, checksum_of(algorithm, "hello "), checksum_of(algorithm, "world"), 5),
              checksum_of(algorithm, "hello world"));
}

TEST(ChecksumNames, AreFoundInNamesAndHeaderFields) {
  EXPECT_EQ(algorithm_of("CRC64NVME"), ChecksumAlgorithm::Crc64nvme);
  EXPECT_EQ(algorithm_of("MD5"), std::nullopt);
  EXPECT_EQ(algorithm_of_header("X-Amz-Checksum-SHA256"), ChecksumAlgorithm::Sha256);
  EXPECT_EQ(algorithm_of_header("x-amz-checksum-type"), std::nullopt);
  EXPECT_EQ(algorithm_of_header(""), std::nullopt);
}

TEST(Documents, AreHeldToWhatIsSaidOfThem) {
  const auto check = [](const char* name, const char* value) {
    aws::Headers fields;
    fields.add(name, value);
    const auto checked = check_document(fields, "hello");
    return checked ? "OK" : checked.error().code;
  };
  EXPECT_EQ(check("Content-MD5", "XUFAKrxLKna5cZ2REBfFkg=="), "OK");
  EXPECT_EQ(check("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="), "BadDigest");
  EXPECT_EQ(check("Content-MD5", "XUFA"), "InvalidDigest");
  EXPECT_EQ(check("X-Amz-Checksum-CRC32", "NhCmhg=="), "OK");
  EXPECT_EQ(check("x-amz-checksum-crc32", "NhCmhh=="), "BadDigest");
  EXPECT_EQ(check("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="), "OK");
  EXPECT_EQ(check("x-amz-checksum-type", "FULL_OBJECT"), "OK") << "no checksum";
}

}  // namespace
}  // namespace meridian::services::s3
