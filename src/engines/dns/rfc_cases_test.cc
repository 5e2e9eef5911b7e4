// Runs tests/conformance/dns_rfc: text cases filed by RFC section. Their README says how they are written.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "engines/dns/test_server.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Message;

struct Section {
  std::string head;  // "zone example.", "ask www.example. A", "status NOERROR aa", "answer", …
  std::size_t line = 0;
  std::vector<std::string> body;
};

std::vector<Section> read_case(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Section> sections;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::size_t start = line.find_first_not_of(' ');
    if (start == std::string::npos || line[start] == '#') continue;
    if (start == 0)
      sections.push_back({line, number, {}});
    else if (!sections.empty())
      sections.back().body.push_back(line.substr(start));
  }
  return sections;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += "    " + line + "\n";
  return all;
}

class Case {
 public:
  explicit Case(const std::filesystem::path& path) : path_(path) {}

  int run() {
    for (const Section& section : read_case(path_)) {
      std::istringstream words(section.head);
      std::string verb;
      words >> verb;
      const ::testing::ScopedTrace trace(path_.c_str(), static_cast<int>(section.line), section.head);
      if (verb == "zone")
        add_zone(words, section);
      else if (verb == "ask")
        ask(words);
      else if (verb == "status")
        expect_status(words);
      else
        expect_records(verb, section);
    }
    return questions_;
  }

 private:
  void add_zone(std::istringstream& words, const Section& section) {
    std::string apex, lines;
    words >> apex;
    for (const std::string& line : section.body) lines += line + "\n";
    server_.add_zone(apex, lines);
  }

  void ask(std::istringstream& words) {
    Ask question;
    words >> question.name >> question.type;
    for (std::string word; words >> word;) {
      if (word == "tcp")
        question.transport = Transport::Tcp;
      else if (word == "do")
        question.dnssec_ok = true;
      else if (word.starts_with("edns="))
        question.edns_size = static_cast<std::uint16_t>(std::stoul(word.substr(5)));
      else
        ADD_FAILURE() << "unknown word " << word;
    }
    const auto reply = server_.ask(question);
    ASSERT_TRUE(reply) << "no reply";
    reply_ = *reply;
    ++questions_;
  }

  void expect_status(std::istringstream& words) {
    std::string rcode, flags;
    words >> rcode;
    for (std::string flag; words >> flag;) flags += flag + " ";
    EXPECT_EQ(to_string(static_cast<meridian::dns::Rcode>(reply_.header.rcode)), rcode);
    EXPECT_EQ(std::string(reply_.header.aa ? "aa " : "") + (reply_.header.tc ? "tc " : ""), flags);
  }

  void expect_records(const std::string& verb, const Section& section) {
    const std::map<std::string, const std::vector<meridian::dns::Record>*> sections = {
        {"answer", &reply_.answers}, {"authority", &reply_.authorities}, {"additional", &reply_.additionals}};
    ASSERT_TRUE(sections.contains(verb)) << "unknown heading";
    std::vector<std::string> expected;
    for (const std::string& line : section.body) expected.push_back(canonical_line(line, "."));
    std::ranges::sort(expected);
    const auto actual = lines_of(*sections.at(verb));
    EXPECT_EQ(actual, expected) << "got:\n" << joined(actual) << "  expected:\n" << joined(expected);
  }

  std::filesystem::path path_;
  TestServer server_;
  Message reply_;
  int questions_ = 0;
};

class DnsRfc : public ::testing::TestWithParam<std::string> {};

TEST_P(DnsRfc, HoldsTheCase) {
  EXPECT_GT(Case(std::filesystem::path(MERIDIAN_RFC_CASES) / GetParam()).run(), 0);
}

std::vector<std::string> all_cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(MERIDIAN_RFC_CASES))
    if (entry.path().extension() == ".case")
      names.push_back(std::filesystem::relative(entry.path(), MERIDIAN_RFC_CASES).string());
  std::ranges::sort(names);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cases, DnsRfc, ::testing::ValuesIn(all_cases()), [](const auto& info) {
  std::string name = info.param.substr(0, info.param.size() - 5);
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace meridian::engines::dns
