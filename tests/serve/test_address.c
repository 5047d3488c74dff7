/* test_address.c: which addresses are public, which names the operator has named, which addresses may be called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "serve/calls/address.h"

static bool is_public(const char *text) {
  struct sockaddr_in four = {.sin_family = AF_INET};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  if (inet_pton(AF_INET, text, &four.sin_addr) == 1) return serve_address_public((const struct sockaddr *)&four);
  assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
  return serve_address_public((const struct sockaddr *)&six);
}

static void addresses(void **state) {
  static const char *const not_public[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1", "169.254.169.254",
      "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
      "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "100::1", "2001::1", "2001:1ff::1",
      "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "4000::1", "e000::1"};
  static const char *const open[] = {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0",
      "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:4860:4860::8888",
      "2606:4700::1111", "2a00:1450::1", "2003::1", "3ffe::1"};
  for (size_t i = 0; i < BASE_COUNT(not_public); i++)
    if (is_public(not_public[i])) fail_msg("%s is not public", not_public[i]);
  for (size_t i = 0; i < BASE_COUNT(open); i++)
    if (!is_public(open[i])) fail_msg("%s is public", open[i]);
  assert_false(serve_address_public(&(struct sockaddr){.sa_family = AF_UNIX}));
}

static void names(void **state) {
  assert_true(serve_address_named("a.example", "a.example", 443));
  assert_true(serve_address_named("b, A.Example:8443 ,c", "a.example", 8443));
  assert_false(serve_address_named("a.example:8443", "a.example", 443));
  assert_false(serve_address_named("", "a.example", 443));
  assert_false(serve_address_named("xa.example", "a.example", 443));
  assert_false(serve_address_named("a.example", "xa.example", 443));
  assert_false(serve_address_named("a.example.org", "a.example", 443));
}

static void urls(void **state) {
  mien_error error = {0};
  bool named;
  assert_int_equal(serve_url_check("https://hooks.example.org/in?x=1", "", &named, &error), MIEN_OK);
  assert_false(named);
  assert_int_equal(serve_url_check("http://inside:8080/", "inside:8080", &named, &error), MIEN_OK);
  assert_true(named);
  assert_int_equal(serve_url_check("http://inside:8081/", "inside:8080", NULL, &error), MIEN_EINVAL);
  assert_int_equal(serve_url_check("https://[2606:4700::1111]/", "", NULL, &error), MIEN_OK);
  static const char *const wrong[] = {"", "x", "https:", "https://", "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://a:b@example.org/", "https://a@example.org/",
      "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://017700000001/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://example.org/ ",
      "https://example.org/\r\nhost: x", "https://exa\tmple.org/", "https://[fe80::1%25eth0]/", "javascript:x", "dict://example.org/"};
  for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
    if (serve_url_check(wrong[i], "", NULL, &error) != MIEN_EINVAL) fail_msg("'%s' may be called", wrong[i]);
    assert_string_equal(error.where, "url");
  }
  char longest[2000];
  memset(longest, 'a', sizeof longest);
  memcpy(longest, "https://", 8);
  longest[sizeof longest - 1] = 0;
  assert_int_equal(serve_url_check(longest, "", NULL, &error), MIEN_EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(names), cmocka_unit_test(urls)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
