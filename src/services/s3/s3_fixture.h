// S3 over a store in memory and a disk in memory, called as the front door calls it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fake_disk.h"
#include "services/s3/service.h"
#include "store/memory/memory_store.h"
#include "store/objects/local_objects.h"

namespace meridian::services::s3 {

class S3Fixture : public testing::Test {
 protected:
  S3Fixture() {
    auto opened = store::objects::LocalObjects::open({disk, store, random, logger}, "objects");
    EXPECT_TRUE(opened);
    objects = *std::move(opened);
    service = std::make_unique<S3>(store, *objects, random);
    call.account_id = "111122223333";
    call.principal_arn = "arn:aws:iam::111122223333:root";
    call.region = "us-east-1";
    call.endpoint = "http://localhost:4566";
    call.time = SystemTime(std::chrono::seconds(1'700'000'000));
  }

  // "OK", or the code of the refusal.
  template <typename T>
  static std::string code(const aws::Outcome<T>& outcome) {
    return outcome ? "OK" : outcome.error().code;
  }
  template <typename Request>
  static Request at(std::string bucket, std::string key = "") {
    Request request;
    request.Bucket = std::move(bucket);
    if constexpr (requires { request.Key; }) request.Key = std::move(key);
    return request;
  }

  void make_bucket(const std::string& name) {
    EXPECT_EQ(code(service->CreateBucket(call, at<api::CreateBucketRequest>(name))), "OK");
  }
  // Through receive() and the sink; the operation follows.
  template <typename Request>
  aws::Outcome<void> send(const char* operation, const Request& request, std::string_view text,
                          const aws::Headers& trailers = {}) {
    const aws::Operation* found = api::service_model().find(operation);
    const aws::Value input = aws::Value::of(request);
    TRY(service->vet(*found, input));
    call.body = TRY(service->receive(call, *found, input));
    TRY(call.body->take(text));
    return call.body->end(trailers);
  }
  aws::Outcome<api::PutObjectOutput> put(const api::PutObjectRequest& request, std::string_view text,
                                         const aws::Headers& trailers = {}) {
    TRY(send("PutObject", request, text, trailers));
    auto output = service->PutObject(call, request);
    call.body.reset();
    return output;
  }
  aws::Outcome<api::PutObjectOutput> put(const std::string& bucket, const std::string& key,
                                         std::string_view text) {
    return put(at<api::PutObjectRequest>(bucket, key), text);
  }
  aws::Outcome<api::GetObjectOutput> get(const api::GetObjectRequest& request) {
    call.status = 0;
    return service->GetObject(call, request);
  }
  // What was answered last, or the error's code.
  std::string body() {
    const auto answer = std::exchange(call.answer, nullptr);
    std::string text;
    for (;;) {
      auto piece = answer->read();
      if (!piece) return piece.error().message;
      if (piece->empty()) return text;
      text += *piece;
    }
  }
  std::string read(const std::string& bucket, const std::string& key) {
    const auto output = get(at<api::GetObjectRequest>(bucket, key));
    return output ? body() : output.error().code;
  }
  std::string remove(const std::string& bucket, const std::string& key) {
    return code(service->DeleteObject(call, at<api::DeleteObjectRequest>(bucket, key)));
  }
  // Everything the store knows of blobs, once the garbage is gone.
  std::size_t blobs() {
    EXPECT_TRUE(objects->collect());
    return store.range("objects/blob/").value().items.size();
  }

  RealClock clock;
  FakeDisk disk;
  store::MemoryStore store{clock};
  SystemRandom random;
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  std::unique_ptr<store::objects::LocalObjects> objects;
  std::unique_ptr<S3> service;
  aws::Call call;
};

}  // namespace meridian::services::s3
