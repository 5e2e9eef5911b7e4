#include "apps/command_line_certificates.h"

#include <CLI/CLI.hpp>

#include "apps/client_words.h"

namespace meridian::apps {

void add_certificate_options(CLI::App& app, CertificateOptions& options) {
  app.add_option("--api-certificate", options.api,
                 "Certificates of ACM that --api-tls shows to clients that ask for one of their names; for "
                 "every other name it has its own")
      ->envname("MERIDIAN_API_CERTIFICATE")
      ->type_name("ARN")
      ->delimiter(',')
      ->needs(app.get_option("--api-tls"));
  CLI::Option* directory =
      app.add_option("--acme-directory", options.acme_directory,
                     "The directory of the ACME server that issues what is requested of ACM, for domains in "
                     "hosted zones here (by default a local authority issues)")
          ->envname("MERIDIAN_ACME_DIRECTORY")
          ->type_name("URL");
  app.add_option("--acme-trust", options.acme_trust,
                 "A PEM file of authorities that vouch for the ACME server, besides the system's")
      ->envname("MERIDIAN_ACME_TRUST")
      ->type_name("FILE")
      ->needs(directory);
  app.add_option("--acme-contact", options.acme_contacts, "Mail addresses that the ACME server may write to")
      ->envname("MERIDIAN_ACME_CONTACT")
      ->type_name("ADDRESS")
      ->delimiter(',')
      ->needs(directory);
  CLI::Option* key_id =
      app.add_option("--acme-eab-key-id", options.acme_eab_key_id,
                     "External account binding: the key's id, for ACME servers that want one")
          ->envname("MERIDIAN_ACME_EAB_KEY_ID")
          ->type_name("ID")
          ->needs(directory);
  CLI::Option* key = app.add_option("--acme-eab-key", options.acme_eab_key_file,
                                    "A file (mode 0600) with that key as the ACME server gave it, base64url")
                         ->envname("MERIDIAN_ACME_EAB_KEY")
                         ->type_name("FILE")
                         ->needs(key_id);
  key_id->needs(key);
}

void add_ca(CLI::App& root, CaOptions& options) {
  CLI::App& ca = *root.add_subcommand("ca", "The authority that signs what ACM issues here");
  ca.require_subcommand(1);
  CLI::App& show = *ca.add_subcommand("show", "Its root certificate, fingerprint and validity");
  CLI::App& trust = *ca.add_subcommand("trust", "Print what to do for programs to believe it");
  options.data_dir = "meridian-data";
  for (CLI::App* each : {&show, &trust})
    each->add_option("--data-dir", options.data_dir, "The server's directory")
        ->envname("MERIDIAN_DATA_DIR")
        ->type_name("DIR")
        ->capture_default_str();
  add_output(show, options.output);
  trust.add_flag("--system", options.system, "Do it for this machine (Debian), as root");
}

void choose_ca(const CLI::App& root, CaOptions& options) {
  if (root.get_subcommand("ca")->got_subcommand("trust")) options.action = CaOptions::Action::Trust;
}

}  // namespace meridian::apps
