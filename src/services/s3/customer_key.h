// Objects encrypted with keys of their owners (SSE-C). The bytes of a blob are sealed under a key derived
// from the customer's and the blob's id before they reach the store, which encrypts them once more. Rule: the
// key itself is nowhere kept: only what tells whether another one is the same.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/call.h"
#include "aws/error.h"
#include "base/random.h"
#include "services/s3/resources.h"
#include "store/objects/object_store.h"

namespace meridian::services::s3 {

struct CustomerKey {
  std::string bytes;  // 32
  std::string md5;    // base64, as answers repeat it
};

// The three header fields of a request, of itself or of a copy's source.
struct CustomerKeyFields {
  const std::optional<std::string>&algorithm, &key, &key_md5;
};
aws::Outcome<std::optional<CustomerKey>> read_customer_key(const aws::Call& call,
                                                           const CustomerKeyFields& fields);
template <typename Request>
aws::Outcome<std::optional<CustomerKey>> customer_key_of(const aws::Call& call, const Request& input) {
  return read_customer_key(call, {input.SSECustomerAlgorithm, input.SSECustomerKey, input.SSECustomerKeyMD5});
}
template <typename Request>
aws::Outcome<std::optional<CustomerKey>> source_key_of(const aws::Call& call, const Request& input) {
  return read_customer_key(call, {input.CopySourceSSECustomerAlgorithm, input.CopySourceSSECustomerKey,
                                  input.CopySourceSSECustomerKeyMD5});
}
template <typename Output>
void put_encryption(Output& output, const std::optional<CustomerKey>& key) {
  if (!key) {
    output.ServerSideEncryption = "AES256";
    return;
  }
  output.SSECustomerAlgorithm = "AES256";
  output.SSECustomerKeyMD5 = key->md5;
}

// A salted HMAC by which a key is known again; "" of no key.
std::string mark_of(const std::optional<CustomerKey>& key, Random& random);
// In an MD5's stead: nobody without the key is to learn whether two objects are the same.
std::string unspeaking_etag(Random& random);
// Of what is to be read: with the key that it was written with, and with none when it was written so.
aws::Outcome<void> check_reading_key(const std::optional<CustomerKey>& key, std::string_view mark);
// Of a part of an upload: with the upload's own.
aws::Outcome<void> check_part_key(const std::optional<CustomerKey>& key, std::string_view mark);

// The same store, sealing and opening under the key. `extents`: what is to be read.
std::shared_ptr<store::objects::ObjectStore> under_customer_key(store::objects::ObjectStore& objects,
                                                                const CustomerKey& key,
                                                                const std::vector<Extent>& extents);

}  // namespace meridian::services::s3
