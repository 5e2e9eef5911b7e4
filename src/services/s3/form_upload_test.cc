#include "services/s3/form_upload.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "aws/sigv4.h"
#include "aws/sigv4_hash.h"
#include "base/bytes.h"
#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

using testing::HasSubstr;

constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr const char* kCredential = "AKIAIOSFODNN7EXAMPLE/20231114/us-east-1/s3/aws4_request";

using Fields = std::vector<std::pair<std::string, std::string>>;

class FormUpload : public S3Fixture {
 protected:
  FormUpload() {
    make_bucket("box");
    const std::string account = call.account_id, arn = call.principal_arn;
    service->set_form_signers({[account, arn](std::string_view id) -> std::optional<aws::AccessKey> {
                                 if (id != "AKIAIOSFODNN7EXAMPLE") return std::nullopt;
                                 return aws::AccessKey{std::string(id), kSecret, account, arn, "", {}};
                               },
                               true});
    call.account_id = call.principal_arn = "";
    call.operation = "PostObject";
  }

  static std::string policy(const std::string& conditions,
                            const std::string& expiration = "2023-11-14T23:00:00Z") {
    return to_base64(as_bytes(
        fmt::format(R"({{"expiration":"{}","conditions":[{{"bucket":"box"}},["starts-with","$key","user/"],)"
                    R"(["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""],)"
                    R"({{"x-amz-algorithm":"AWS4-HMAC-SHA256"}}{}]}})",
                    expiration, conditions.empty() ? "" : "," + conditions)));
  }
  static std::string signature(const std::string& text) {
    aws::sigv4::Claim claim;
    claim.date = "20231114";
    claim.region = "us-east-1";
    claim.service = "s3";
    claim.terminator = "aws4_request";
    return to_hex(as_bytes(aws::sigv4::hmac_sha256(aws::sigv4::signing_key(claim, kSecret), text)));
  }
  static Fields signed_fields(const std::string& text, const std::string& key = "user/${filename}") {
    return {{"key", key},
            {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
            {"X-Amz-Credential", kCredential},
            {"X-Amz-Date", "20231114T220000Z"},
            {"Policy", text},
            {"X-Amz-Signature", signature(text)}};
  }
  static std::string body_of(const Fields& fields, const std::string& file, const std::string& after = "") {
    std::string body;
    for (const auto& [name, value] : fields)
      body += fmt::format("--xx\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", name, value);
    body += "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\dir\\cat.txt\"\r\n\r\n";
    return body + file + "\r\n" + after + "--xx--\r\n";
  }
  struct Answer {
    std::string code;
    aws::HttpResponse response;
    std::string header(const char* name) const { return std::string(response.headers.get(name)); }
  };
  Answer post_body(const std::string& body, std::size_t piece = 1000) {
    aws::HttpRequest head{"POST", "/box", "", {}, ""};
    head.headers.add("Host", "localhost:4566");
    head.headers.add("Content-Type", "multipart/form-data; boundary=xx");
    call.account_id = call.principal_arn = "";
    const auto form = service->unmodelled(head, aws::Listener::Api);
    if (!form) return {"no form", {}};
    auto sink = form->receive(call);
    call.body = *sink;
    for (std::size_t at = 0; at < body.size(); at += piece)
      if (auto taken = call.body->take(body.substr(at, piece)); !taken) return {taken.error().code, {}};
    if (auto ended = call.body->end({}); !ended) return {ended.error().code, {}};
    auto answer = form->answer(call);
    if (!answer) return {answer.error().code, {}};
    return {"OK", *answer};
  }
  Answer post(const Fields& fields, const std::string& file = "text") {
    return post_body(body_of(fields, file));
  }
  std::string stored(const std::string& key) {
    call.account_id = "111122223333";
    call.principal_arn = "arn:aws:iam::111122223333:root";
    return read("box", key);
  }
};

TEST_F(FormUpload, PutsTheFileWhereTheFormSays) {
  auto fields =
      signed_fields(policy(R"(["starts-with","$Content-Type","text/"],{"x-amz-meta-colour":"red"})"));
  fields.insert(fields.begin() + 1, {{"Content-Type", "text/plain"}, {"x-amz-meta-colour", "red"}});
  const Answer answer = post(fields, "meow");
  EXPECT_EQ(answer.code, "OK");
  EXPECT_EQ(answer.response.status, 204);
  EXPECT_EQ(answer.header("location"), "http://localhost:4566/box/user/cat.txt");
  EXPECT_EQ(answer.header("etag"), "\"4a4be40c96ac6314e91d93f38043a634\"");
  EXPECT_EQ(stored("user/cat.txt"), "meow");
  const auto got = get(at<api::GetObjectRequest>("box", "user/cat.txt"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->ContentType, "text/plain");
  EXPECT_EQ(got->Metadata->at("colour"), "red");
}

TEST_F(FormUpload, TheFileMayComeInPiecesOfAnySize) {
  const std::string body = body_of(signed_fields(policy("")), "a\r\n--x\r\nb");
  for (const std::size_t piece : {1, 7, 100}) {
    EXPECT_EQ(post_body(body, piece).code, "OK");
    EXPECT_EQ(stored("user/cat.txt"), "a\r\n--x\r\nb");
  }
}

TEST_F(FormUpload, AnswersAsTheFormAsks) {
  auto fields = signed_fields(policy(R"({"success_action_status":"201"})"), "user/<k>");
  fields.insert(fields.begin(), {"success_action_status", "201"});
  const Answer created = post(fields);
  EXPECT_EQ(created.response.status, 201);
  EXPECT_THAT(created.response.body,
              HasSubstr("<PostResponse><Location>http://localhost:4566/box/user/%3Ck%3E"));
  EXPECT_THAT(created.response.body, HasSubstr("<Bucket>box</Bucket><Key>user/&lt;k&gt;</Key><ETag>"));
  fields = signed_fields(policy(R"(["starts-with","$success_action_redirect","https://a.test/"])"));
  fields.insert(fields.begin(), {"success_action_redirect", "https://a.test/done?x=${filename}"});
  const Answer sent_on = post(fields);
  EXPECT_EQ(sent_on.response.status, 303);
  EXPECT_EQ(sent_on.header("location"),
            "https://a.test/done?x=cat.txt&bucket=box&key=user%2Fcat.txt&etag="
            "%221cb251ec0d568de6a929b520c4aed8d1%22");
}

TEST_F(FormUpload, EveryChangeToASignedFormIsRefused) {
  const std::string text = policy(R"(["content-length-range",2,10])");
  ASSERT_EQ(post(signed_fields(text)).code, "OK");
  const auto changed = [&](const std::string& name, const std::string& value) {
    Fields fields = signed_fields(text);
    for (auto& [field, old] : fields)
      if (field == name) old = value;
    return post(fields).code;
  };
  EXPECT_EQ(changed("key", "admin/k"), "AccessDenied");
  EXPECT_EQ(changed("key", ""), "InvalidArgument");
  EXPECT_EQ(changed("X-Amz-Algorithm", "AWS4-HMAC-SHA1"), "InvalidArgument");
  EXPECT_EQ(changed("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLF/20231114/us-east-1/s3/aws4_request"),
            "InvalidAccessKeyId");
  for (const char* credential :
       {"AKIAIOSFODNN7EXAMPLE/20231115/us-east-1/s3/aws4_request", "AKIAIOSFODNN7EXAMPLE",
        "AKIAIOSFODNN7EXAMPLE/20231114/us-east-1/sts/aws4_request",
        "AKIAIOSFODNN7EXAMPLE/20231114/us-east-1/s3/aws5_request"})
    EXPECT_EQ(changed("X-Amz-Credential", credential), "InvalidArgument") << credential;
  EXPECT_EQ(changed("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20231114/eu-west-1/s3/aws4_request"),
            "SignatureDoesNotMatch");
  EXPECT_EQ(changed("X-Amz-Date", "yesterday"), "InvalidArgument");
  EXPECT_EQ(changed("Policy", policy("")), "SignatureDoesNotMatch");
  EXPECT_EQ(changed("X-Amz-Signature", std::string(64, '0')), "SignatureDoesNotMatch");
  EXPECT_EQ(changed("X-Amz-Signature", ""), "InvalidArgument");
  for (std::size_t i = 0; i < 6; ++i) {
    Fields fields = signed_fields(text);
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(post(fields).code, "InvalidArgument") << "without field " << i;
  }
  Fields more = signed_fields(text);
  more.insert(more.begin(), {"acl", "private"});
  EXPECT_EQ(post(more).code, "AccessDenied");
  Fields twice = signed_fields(text);
  twice.insert(twice.begin(), {"KEY", "user/other"});
  EXPECT_EQ(post(twice).code, "InvalidArgument");
  EXPECT_EQ(post(signed_fields(policy("", "2023-11-14T22:00:00Z"))).code, "AccessDenied") << "expired";
  EXPECT_EQ(post(signed_fields(text), "1").code, "EntityTooSmall");
  EXPECT_EQ(post(signed_fields(text), "12345678901").code, "EntityTooLarge");
}

TEST_F(FormUpload, NothingIsLeftOfWhatWasRefused) {
  const std::size_t before = blobs();
  EXPECT_EQ(post(signed_fields(policy(R"(["content-length-range",0,10])")), std::string(100'000, 'x')).code,
            "EntityTooLarge");
  call.body.reset();
  EXPECT_EQ(blobs(), before);
  EXPECT_EQ(stored("user/cat.txt"), "NoSuchKey");
}

TEST_F(FormUpload, WithoutAPolicyItIsAnybodys) {
  EXPECT_EQ(post({{"key", "user/k"}}).code, "AccessDenied");
  EXPECT_EQ(stored("user/k"), "NoSuchKey");
}

TEST_F(FormUpload, WhatIsNoFormIsRefused) {
  EXPECT_EQ(post_body("").code, "MalformedPOSTRequest");
  EXPECT_EQ(post_body("--xx--\r\n").code, "InvalidArgument");
  const std::string whole = body_of(signed_fields(policy("")), "text");
  for (const std::size_t cut : {10u, 300u, static_cast<unsigned>(whole.size() - 10)})
    EXPECT_EQ(post_body(whole.substr(0, cut)).code, "MalformedPOSTRequest") << cut;
  EXPECT_EQ(post_body("--xx\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--xx--").code,
            "InvalidArgument")
      << "no file";
  EXPECT_EQ(post({{"key", "user/k"}, {"x-amz-meta-a", std::string(kFormFieldsBytesMax, 'x')}}).code,
            "MaxPostPreDataLengthExceeded");
  EXPECT_EQ(post(Fields(kFormFieldsMax + 1, {"f", ""})).code, "InvalidArgument") << "one name twice";
  const std::string second = "--xx\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nmore\r\n";
  EXPECT_EQ(post_body(body_of(signed_fields(policy("")), "text", second)).code, "InvalidArgument");
  const std::string button = "--xx\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nUpload\r\n";
  EXPECT_EQ(post_body(body_of(signed_fields(policy("")), "text", button)).code, "OK")
      << "what follows the file has no meaning";
}

TEST_F(FormUpload, OnlyABucketTakesForms) {
  const auto is_form = [&](const char* method, const char* path, const char* query, const char* host) {
    aws::HttpRequest head{method, path, query, {}, ""};
    head.headers.add("Host", host);
    head.headers.add("Content-Type", "multipart/form-data; boundary=xx");
    return service->unmodelled(head, aws::Listener::Api) != nullptr;
  };
  EXPECT_TRUE(is_form("POST", "/box", "", "localhost:4566"));
  EXPECT_TRUE(is_form("POST", "/box/", "", "localhost:4566"));
  EXPECT_TRUE(is_form("POST", "/", "", "box.s3.localhost:4566"));
  EXPECT_FALSE(is_form("POST", "/", "", "localhost:4566"));
  EXPECT_FALSE(is_form("POST", "/box/k", "", "localhost:4566"));
  EXPECT_FALSE(is_form("POST", "/box", "delete", "localhost:4566"));
  EXPECT_FALSE(is_form("PUT", "/box", "", "localhost:4566"));
}

}  // namespace
}  // namespace meridian::services::s3
