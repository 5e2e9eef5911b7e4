#include "services/s3/form_upload.h"

#include <fmt/format.h>

#include "aws/sigv4.h"
#include "aws/sigv4_hash.h"
#include "aws/virtual_host.h"
#include "base/bytes.h"
#include "base/percent.h"
#include "formats/form_data/form_data.h"
#include "formats/xml/xml.h"
#include "services/s3/form_policy.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {
namespace {

constexpr int kOk = 200, kCreated = 201, kNoContent = 204, kSeeOther = 303;

aws::Failure malformed() {
  return aws::refuse("MalformedPOSTRequest",
                     "The body of your POST request is not well-formed multipart/form-data.");
}

aws::Failure must_contain(std::string_view field) {
  return errors::invalid_argument(fmt::format("Bucket POST must contain a field named '{}'.  If it is "
                                              "specified, please check the order of the fields.",
                                              field),
                                  field, "");
}

// What a browser gives as the file's name, without the folders that some put before it.
std::string base_name(std::string_view path) {
  return std::string(path.substr(path.find_last_of("/\\") + 1));
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char differing = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differing |= static_cast<unsigned char>(a[i] ^ b[i]);
  return differing == 0;
}

std::string_view field_of(const FormFields& fields, std::string_view name) {
  const auto found = fields.find(std::string(name));
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

// The header fields of a PutObject that say the same as the form.
aws::Headers put_headers(const FormFields& fields) {
  constexpr std::string_view kPlain[] = {"cache-control",    "content-type",     "content-disposition",
                                         "content-encoding", "content-language", "expires",
                                         "content-md5"};
  constexpr std::string_view kOfSignature[] = {"x-amz-algorithm", "x-amz-credential", "x-amz-date",
                                               "x-amz-signature", "x-amz-security-token"};
  aws::Headers headers;
  for (const std::string_view name : kPlain)
    if (const auto found = fields.find(std::string(name)); found != fields.end())
      headers.add(found->first, found->second);
  for (const auto& [name, value] : fields)
    if (name.starts_with("x-amz-") && std::ranges::find(kOfSignature, name) == std::end(kOfSignature))
      headers.add(name, value);
  if (const auto acl = fields.find("acl"); acl != fields.end()) headers.set("x-amz-acl", acl->second);
  return headers;
}

// <Tagging><TagSet><Tag><Key>…, as the header field has it.
aws::Outcome<std::string> tagging_header(std::string_view text) {
  const auto document =
      xml::Document::parse(text, {.depth = 8, .elements = 100, .bytes = kFormFieldsBytesMax});
  if (!document) return errors::malformed_xml();
  std::string out;
  const xml::Element set = document->root().child("TagSet");
  if (document->root().name() != "Tagging" || !set) return errors::malformed_xml();
  for (xml::Element tag = set.first_child(); tag; tag = tag.next_sibling()) {
    if (tag.name() != "Tag" || !tag.child("Key")) return errors::malformed_xml();
    if (!out.empty()) out += "&";
    out += percent_encode(tag.child("Key").text());
    out += "=";
    if (const xml::Element value = tag.child("Value")) out += percent_encode(value.text());
  }
  return out;
}

class FormCall;

class FormSink final : public aws::BodySink {
 public:
  FormSink(FormCall& form, aws::Call& call, std::string_view boundary)
      : form_(form), call_(call), reader_(boundary) {}

  aws::Outcome<void> take(std::string_view bytes) override;
  aws::Outcome<void> end(const aws::Headers& trailers) override;

 private:
  enum class Reading : std::uint8_t { Field, File, AfterFile, Done };

  aws::Outcome<void> begin(form_data::Part part);
  aws::Outcome<void> add(std::string_view bytes);
  aws::Outcome<void> finish_part();

  FormCall& form_;
  aws::Call& call_;
  form_data::Reader reader_;
  Reading reading_ = Reading::AfterFile;  // as yet nothing is
  bool has_file_ = false;
  std::string name_, value_;
  std::size_t fields_bytes_ = 0;
  std::uint64_t file_size_ = 0;
};

class FormCall final : public aws::UnmodelledCall {
 public:
  FormCall(S3& service, std::string bucket, std::string boundary)
      : service_(service), bucket_(std::move(bucket)), boundary_(std::move(boundary)) {}

  const char* name() const override { return "PostObject"; }
  aws::Outcome<std::shared_ptr<aws::BodySink>> receive(aws::Call& call) override {
    return std::make_shared<FormSink>(*this, call, boundary_);
  }
  aws::Outcome<aws::HttpResponse> answer(aws::Call& call) override;

  // Of the sink: a field, then the file's beginning, bytes and end.
  aws::Outcome<void> add_field(std::string name, std::string value);
  aws::Outcome<void> begin_file(aws::Call& call, const form_data::Part& part);
  aws::Outcome<void> take_file(std::string_view bytes, std::uint64_t size_so_far);
  aws::Outcome<void> end_file(std::uint64_t size);

 private:
  aws::Outcome<void> sign_in(aws::Call& call);
  aws::Outcome<aws::HttpRequest> as_put() const;
  aws::HttpResponse respond(const aws::Call& call, const api::PutObjectOutput& output) const;

  S3& service_;
  const std::string bucket_, boundary_;
  FormFields fields_;
  FormPolicy policy_;
  aws::Value input_;  // of PutObject
  std::shared_ptr<aws::BodySink> file_;
};

const aws::Operation& put_object() {
  static const aws::Operation* const kOperation = api::service_model().find("PutObject");
  return *kOperation;
}

aws::Outcome<void> FormSink::take(std::string_view bytes) {
  if (reading_ == Reading::Done) return {};
  reader_.feed(bytes);
  for (;;) {
    const auto event = reader_.next();
    if (!event) return malformed();
    switch (event->kind) {
      case form_data::Event::Kind::NeedsMore:
        return {};
      case form_data::Event::Kind::Part:
        TRY(begin(event->part));
        break;
      case form_data::Event::Kind::Data:
        TRY(add(event->data));
        break;
      case form_data::Event::Kind::PartEnd:
        TRY(finish_part());
        break;
      case form_data::Event::Kind::End:
        reading_ = Reading::Done;
        return {};
    }
  }
}

aws::Outcome<void> FormSink::begin(form_data::Part part) {
  if (has_file_) {
    if (to_lower(part.name) == "file")
      return errors::invalid_argument("POST requires exactly one file upload per request.", "file", "2");
    reading_ = Reading::AfterFile;
    return {};
  }
  name_ = to_lower(part.name);
  value_.clear();
  if (name_ == "file") {
    has_file_ = true;
    reading_ = Reading::File;
    return form_.begin_file(call_, part);
  }
  reading_ = Reading::Field;
  fields_bytes_ += name_.size();
  return {};
}

aws::Outcome<void> FormSink::add(std::string_view bytes) {
  if (reading_ == Reading::AfterFile) return {};
  if (reading_ == Reading::File) return form_.take_file(bytes, file_size_ += bytes.size());
  if ((fields_bytes_ += bytes.size()) > kFormFieldsBytesMax) {
    aws::Failure failure = aws::refuse("MaxPostPreDataLengthExceeded",
                                       "Your POST request fields preceding the upload file were too large.");
    failure.error().facts = {{"MaxPostPreDataLengthBytes", std::to_string(kFormFieldsBytesMax)}};
    return failure;
  }
  value_ += bytes;
  return {};
}

aws::Outcome<void> FormSink::finish_part() {
  if (reading_ == Reading::Field) return form_.add_field(std::move(name_), std::move(value_));
  if (reading_ == Reading::File) return form_.end_file(file_size_);
  return {};
}

aws::Outcome<void> FormSink::end(const aws::Headers&) {
  if (reading_ != Reading::Done) return malformed();
  if (!has_file_)
    return errors::invalid_argument("POST requires exactly one file upload per request.", "file", "0");
  return {};
}

aws::Outcome<void> FormCall::add_field(std::string name, std::string value) {
  if (fields_.size() == kFormFieldsMax) return malformed();
  if (!fields_.emplace(name, std::move(value)).second)
    return errors::invalid_argument("Duplicate form field: " + name, name, "");
  return {};
}

// The variable is replaced before the policy is looked at.
aws::Outcome<void> FormCall::begin_file(aws::Call& call, const form_data::Part& part) {
  const std::string file_name = base_name(part.file_name.value_or(""));
  for (const char* name : {"key", "success_action_redirect", "redirect"})
    if (const auto found = fields_.find(name); found != fields_.end())
      replace_all(found->second, "${filename}", file_name);
  if (field_of(fields_, "key").empty()) return must_contain("key");
  TRY(sign_in(call));
  const aws::HttpRequest request = TRY(as_put());
  input_ = TRY(service_.codec().decode_request(put_object(), request));
  TRY(service_.authorize(call, put_object(), input_));
  TRY(service_.vet(put_object(), input_));
  file_ = TRY(service_.receive(call, put_object(), input_));
  return {};
}

aws::Outcome<void> FormCall::take_file(std::string_view bytes, std::uint64_t size_so_far) {
  TRY(check_file_size_so_far(policy_, size_so_far));
  return file_->take(bytes);
}

aws::Outcome<void> FormCall::end_file(std::uint64_t size) {
  TRY(check_file_size(policy_, size));
  return file_->end({});
}

// Without a policy nobody has signed: the upload is anybody's.
aws::Outcome<void> FormCall::sign_in(aws::Call& call) {
  const FormSigners& signers = service_.form_signers();
  const std::string_view text = field_of(fields_, "policy");
  if (!fields_.contains("policy")) {
    for (const char* name : {"x-amz-signature", "x-amz-credential", "signature"})
      if (fields_.contains(name)) return must_contain("policy");
    return {};
  }
  if (fields_.contains("signature") || fields_.contains("awsaccesskeyid"))
    return errors::invalid_request(
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
  for (const char* name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"})
    if (!fields_.contains(to_lower(name))) return must_contain(name);
  if (field_of(fields_, "x-amz-algorithm") != "AWS4-HMAC-SHA256")
    return errors::invalid_argument("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"", "X-Amz-Algorithm",
                                    field_of(fields_, "x-amz-algorithm"));
  // The same words as in a presigned URL.
  aws::HttpRequest words;
  for (const char* name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"})
    words.query += fmt::format("{}={}&", name, percent_encode(field_of(fields_, to_lower(name))));
  words.query += "X-Amz-SignedHeaders=host";
  const auto claim = aws::sigv4::read_claim(words);
  if (!claim || !*claim)
    return errors::invalid_argument(claim ? "The credential is malformed." : claim.error().message,
                                    "X-Amz-Credential", field_of(fields_, "x-amz-credential"));
  const aws::sigv4::Claim& signer = **claim;
  if (signer.service != "s3" || signer.terminator != "aws4_request" ||
      !signer.time_text.starts_with(signer.date))
    return errors::invalid_argument("The credential's scope is not this service's, or of another day.",
                                    "X-Amz-Credential", field_of(fields_, "x-amz-credential"));
  const auto key = signers.find ? signers.find(signer.access_key_id) : std::nullopt;
  if (!key)
    return aws::refuse("InvalidAccessKeyId",
                       "The AWS Access Key Id you provided does not exist in our records.", 403);
  if (signers.check_signatures) {
    const std::string expected = to_hex(
        as_bytes(aws::sigv4::hmac_sha256(aws::sigv4::signing_key(signer, key->secret_access_key), text)));
    if (!same(expected, signer.signature))
      return aws::refuse("SignatureDoesNotMatch",
                         "The request signature we calculated does not match the signature you provided. "
                         "Check your key and signing method.",
                         403);
    if (field_of(fields_, "x-amz-security-token") != key->session_token)
      return aws::refuse("InvalidToken", "The provided token is malformed or otherwise invalid.");
    if (key->expiry && *key->expiry <= call.time)
      return aws::refuse("ExpiredToken", "The provided token has expired.");
  }
  policy_ = TRY(parse_form_policy(text));
  FormFields with_bucket = fields_;
  with_bucket["bucket"] = bucket_;
  TRY(check_form_policy(policy_, with_bucket, call.time));
  call.access_key_id = key->access_key_id;
  call.account_id = key->account_id;
  call.principal_arn = key->principal_arn;
  call.region = signer.region;
  call.signature = aws::Signed::Form;
  call.signed_at = signer.time;
  return {};
}

aws::Outcome<aws::HttpRequest> FormCall::as_put() const {
  aws::HttpRequest request;
  request.method = "PUT";
  request.path =
      fmt::format("/{}/{}", percent_encode(bucket_), percent_encode(field_of(fields_, "key"), true));
  request.headers = put_headers(fields_);
  if (fields_.contains("tagging"))
    request.headers.set("x-amz-tagging", TRY(tagging_header(field_of(fields_, "tagging"))));
  return request;
}

aws::Outcome<aws::HttpResponse> FormCall::answer(aws::Call& call) {
  // What PutObject looks for is what it made itself.
  const auto form = std::exchange(call.body, file_);
  const aws::Value output = TRY(service_.invoke(call, put_object(), input_));
  call.body.reset();
  return respond(call, output.as<api::PutObjectOutput>());
}

aws::HttpResponse FormCall::respond(const aws::Call& call, const api::PutObjectOutput& output) const {
  const std::string key(field_of(fields_, "key")), etag = output.ETag.value_or("");
  const std::string location =
      fmt::format("{}/{}/{}", call.endpoint, percent_encode(bucket_), percent_encode(key, true));
  aws::HttpResponse response =
      service_.codec().encode_response(put_object(), aws::Value::of(output), call.request_id);
  std::string_view redirect = field_of(fields_, "success_action_redirect");
  if (redirect.empty()) redirect = field_of(fields_, "redirect");
  if (redirect.starts_with("http://") || redirect.starts_with("https://")) {
    response.status = kSeeOther;
    response.headers.set("Location",
                         fmt::format("{}{}bucket={}&key={}&etag={}", redirect,
                                     redirect.find('?') == std::string_view::npos ? '?' : '&',
                                     percent_encode(bucket_), percent_encode(key), percent_encode(etag)));
    return response;
  }
  response.headers.set("Location", location);
  const std::string_view status = field_of(fields_, "success_action_status");
  response.status = status == "200" ? kOk : status == "201" ? kCreated : kNoContent;
  if (response.status != kCreated) return response;
  response.headers.set("Content-Type", "application/xml");
  xml::Writer writer(response.body);
  writer.declaration();
  writer.open("PostResponse");
  writer.element("Location", location);
  writer.element("Bucket", bucket_);
  writer.element("Key", key);
  writer.element("ETag", etag);
  writer.close();
  return response;
}

}  // namespace

std::unique_ptr<aws::UnmodelledCall> make_form_call(S3& service, const aws::HttpRequest& head) {
  if (head.method != "POST" || !head.query.empty()) return nullptr;
  auto boundary = form_data::boundary_of(head.headers.get("content-type"));
  if (!boundary) return nullptr;
  std::string_view path = head.path;
  path.remove_prefix(std::min<std::size_t>(path.size(), 1));
  auto bucket = aws::bucket_of_host(head.headers.get("host"));
  if (!bucket) {
    if (path.ends_with('/')) path.remove_suffix(1);
    bucket = percent_decode(path);
    path = {};
  }
  // A form is posted to the bucket; its key is one of its fields.
  if (!bucket || bucket->empty() || bucket->find('/') != std::string::npos || !path.empty()) return nullptr;
  return std::make_unique<FormCall>(service, *std::move(bucket), *std::move(boundary));
}

}  // namespace meridian::services::s3
