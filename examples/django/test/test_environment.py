"""PYTHONPATH=. python3 test/test_environment.py"""

import unittest

from botbalance.environment import (
    Invalid,
    canonical_host,
    celery_redis_url,
    database_settings,
    hosts,
    origins,
    redis_py_url,
)

SOCKET = "/cloudsql/project:region:instance"


class Database(unittest.TestCase):
    def read(self, url, override=""):
        settings = database_settings(url, override)
        return {key: settings[key] for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD")}

    def expected(self, **changes):
        return {"HOST": SOCKET, "PORT": 5432, "NAME": "appdb", "USER": "appuser", "PASSWORD": "p", **changes}

    def test_reads_a_socket_however_it_is_given(self):
        self.assertEqual(self.read(f"postgresql://appuser:p@/appdb?host={SOCKET}"), self.expected())
        self.assertEqual(self.read("postgresql://appuser:p@127.0.0.1:5432/appdb", SOCKET), self.expected())
        self.assertEqual(self.read("postgresql://appuser:p@/appdb?host=/elsewhere", SOCKET), self.expected())

    def test_reads_a_host_and_a_password_with_signs(self):
        self.assertEqual(
            self.read("postgres://appuser:p%40s%2Fs@db.example.com:6543/appdb"),
            self.expected(HOST="db.example.com", PORT=6543, PASSWORD="p@s/s"),
        )

    def test_refuses_without_repeating_the_login(self):
        for url in (
            "mysql://u:hunter2@h/d",
            "postgresql://u:hunter2@h/",
            "postgresql://:hunter2@h/d",
            "postgresql://u:hunter2@h/d?sslmode=maybe",
            "postgresql://u:hunter2@h/d?schema=x",
            "postgresql://u:hunter2@h:port/d",
        ):
            with self.assertRaises(Invalid) as raised:
                database_settings(url)
            self.assertNotIn("hunter2", str(raised.exception))


class Redis(unittest.TestCase):
    def test_leaves_a_plain_url_alone(self):
        self.assertEqual(celery_redis_url("redis://:p@h:6379/1"), "redis://:p@h:6379/1")
        self.assertEqual(redis_py_url("redis://:p@h:6379/1"), "redis://:p@h:6379/1")

    def test_gives_each_library_its_spelling(self):
        for suffix in ("", "?ssl_cert_reqs=required", "?ssl_cert_reqs=CERT_REQUIRED"):
            self.assertEqual(celery_redis_url(f"rediss://h:1{suffix}"), "rediss://h:1?ssl_cert_reqs=CERT_REQUIRED")
            self.assertEqual(redis_py_url(f"rediss://h:1{suffix}"), "rediss://h:1?ssl_cert_reqs=required")

    def test_refuses_what_neither_knows(self):
        for url in ("", "localhost:6379", "http://h", "rediss://h?ssl_cert_reqs=maybe"):
            self.assertRaises(Invalid, celery_redis_url, url)


class Hosts(unittest.TestCase):
    allowed = ["api.botbalance.me", "botbalance-api-123456789012.asia-southeast1.run.localhost"]

    def canonical(self, host):
        return canonical_host(host, "botbalance-api", self.allowed)

    def test_every_address_of_the_service_is_canonical(self):
        for host in (
            "api.botbalance.me",
            "botbalance-api-123456789012.asia-southeast1.run.app",
            "canary---botbalance-api-123456789012.asia-southeast1.run.app",
            "botbalance-api-abc123xyz-as.a.run.app",
            "r-42---botbalance-api-abc123xyz-as.a.run.app",
        ):
            self.assertEqual(self.canonical(host), "api.botbalance.me")
        self.assertEqual(self.canonical(f"t---{self.allowed[1]}:8790"), f"{self.allowed[1]}:8790")

    def test_any_other_host_stays_for_django_to_refuse(self):
        for host in (
            "evil.test",
            "botbalance-api-123.evil.test",
            "botbalance-worker-123456789012.asia-southeast1.run.app",
            "botbalance-api-123456789012.asia-southeast1.run.app.evil.test",
            "canary---evil.test",
            "api.botbalance.me\n.evil.test",
            "",
        ):
            self.assertEqual(self.canonical(host), host)

    def test_lists(self):
        self.assertEqual(hosts(" API.example.com , b.localhost:8790"), ["api.example.com", "b.localhost"])
        self.assertEqual(origins("https://a.example.com/,http://b.localhost:8790"), ["https://a.example.com", "http://b.localhost:8790"])
        for parse, text in ((hosts, "*"), (hosts, "https://a"), (origins, "*"), (origins, "a.example.com"), (origins, "https://u@a")):
            self.assertRaises(Invalid, parse, text)


if __name__ == "__main__":
    unittest.main()
