#!/usr/bin/env python3
"""Both verifiers of proof files over tests/vectors/proofs. Usage: kodiak_verify_test.py KODIAK_VERIFY

What holds must be accepted by the program and by kodiak_verify.py, every forgery and every flipped byte refused by
both.
"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import kodiak_verify  # noqa: E402

VECTORS = HERE.parent / 'tests' / 'vectors' / 'proofs'
HEAD = (VECTORS / 'trusted_head').read_text().strip()
PROGRAM = None


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)


def python_accepts(data, head=HEAD, key=None):
    try:
        kodiak_verify.verify(data, bytes.fromhex(head) if head else None, bytes.fromhex(key) if key else None)
    except kodiak_verify.Refused:
        return False
    return True


class Verifiers(unittest.TestCase):
    def verdict(self, data, *arguments):
        """The program's exit status for these bytes; an answer beside 0 says why."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            done = run(file.name, *arguments)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual(done.returncode == 0, done.stdout.startswith('the proof holds\n'))
        self.assertEqual(done.returncode == 1, done.stderr.startswith('kodiak-verify: '))
        return done.returncode

    def test_what_holds_is_accepted_by_both(self):
        files = sorted(VECTORS.glob('valid-*.json'))
        self.assertGreaterEqual(len(files), 5)
        for file in files:
            with self.subTest(file.name):
                self.assertTrue(python_accepts(file.read_bytes()))
                self.assertTrue(python_accepts(file.read_bytes(), None))
                self.assertEqual(run(file).returncode, 0)
                self.assertEqual(run(file, '--head', HEAD).returncode, 0)
                self.assertEqual(run(file, '--head', VECTORS / 'trusted_head').returncode, 0)

    def test_every_forgery_is_refused_by_both(self):
        files = sorted(VECTORS.glob('forged-*.json'))
        self.assertGreaterEqual(len(files), 50)
        for file in files:
            with self.subTest(file.name):
                self.assertFalse(python_accepts(file.read_bytes()))
                self.assertEqual(self.verdict(file.read_bytes(), '--head', HEAD), 1)

    def test_every_flipped_byte_is_refused_by_both(self):
        for name in ('valid-row.json', 'valid-growth.json'):
            honest = (VECTORS / name).read_bytes()
            for at in range(len(honest)):
                flipped = bytearray(honest)
                flipped[at] ^= 1 << at % 8
                with self.subTest(name=name, at=at):
                    self.assertFalse(python_accepts(bytes(flipped), None))
                    self.assertEqual(self.verdict(bytes(flipped)), 1)

    def test_every_flipped_bit_is_refused_by_python(self):
        honest = (VECTORS / 'valid-row.json').read_bytes()
        for at in range(len(honest)):
            for mask in (1, 2, 4, 8, 16, 32, 64, 128, 255):
                flipped = bytearray(honest)
                flipped[at] ^= mask
                self.assertFalse(python_accepts(bytes(flipped), None), f'{at} xor {mask}')

    def test_signatures_are_checked(self):
        proof = (VECTORS / 'valid-everything.json').read_bytes()
        key = proof.split(b'"signature":{"key":"')[1][:64].decode()
        self.assertTrue(python_accepts(proof, key=key))
        self.assertEqual(self.verdict(proof, '--key', key), 0)
        other = ('0' if key[0] != '0' else '1') + key[1:]
        self.assertFalse(python_accepts(proof, key=other))
        self.assertEqual(self.verdict(proof, '--key', other), 1)
        unsigned = (VECTORS / 'valid-row.json').read_bytes()
        self.assertFalse(python_accepts(unsigned, key=key))
        self.assertEqual(self.verdict(unsigned, '--key', key), 1)
        for at in range(proof.index(b'"value":"') + 9, proof.index(b'"value":"') + 9 + 128, 3):
            flipped = bytearray(proof)
            flipped[at] = ord('0') if flipped[at] != ord('0') else ord('1')
            self.assertFalse(python_accepts(bytes(flipped)), at)
            self.assertEqual(self.verdict(bytes(flipped)), 1)

    def test_a_trusted_older_head_covers_no_younger_commit(self):
        grown = (VECTORS / 'valid-growth.json').read_bytes()
        older = grown.split(b'"id":"')[2][:64].decode()
        self.assertTrue(python_accepts(grown, older))
        self.assertEqual(self.verdict(grown, '--head', older), 0)
        proof = (VECTORS / 'valid-everything.json').read_bytes()
        older = proof.split(b'"older"')[1].split(b'"id":"')[1][:64].decode()
        self.assertFalse(python_accepts(proof, older))
        self.assertEqual(self.verdict(proof, '--head', older), 1)

    def test_wrong_usage_is_told_apart(self):
        for arguments in ((), ('a', 'b'), ('a', '--head'), ('a', '--head', 'zz'), ('--nonsense', 'a'),
                          ('a', '--key', '12')):
            with self.subTest(arguments):
                self.assertEqual(run(*arguments).returncode, 2)
        self.assertEqual(run('/nonexistent').returncode, 1)
        self.assertEqual(run('--help').returncode, 0)
        script = HERE / 'kodiak_verify.py'
        for arguments, status in (((), 2), (('/nonexistent',), 1), ((VECTORS / 'valid-row.json', '--head', HEAD), 0),
                                  ((VECTORS / 'forged-row-changed.json',), 1), (('a', '--head', '12'), 2)):
            with self.subTest(arguments):
                done = subprocess.run([sys.executable, script, *arguments], capture_output=True, check=False)
                self.assertEqual(done.returncode, status, done.stderr)

    def test_the_program_is_small(self):
        needed = subprocess.run(['ldd', PROGRAM], capture_output=True, text=True, check=False).stdout
        if 'libasan' not in needed and 'libtsan' not in needed:
            self.assertLess(Path(PROGRAM).stat().st_size, 5_000_000)
        self.assertNotIn('duckdb', needed)
        self.assertNotIn('arrow', needed)


if __name__ == '__main__':
    PROGRAM = sys.argv.pop(1)
    unittest.main()
