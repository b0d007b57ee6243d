# usage: python3 extract.py ARCHIVE MEMBER: writes one member of a wheel (zip) or source archive (tar) to stdout.
import shutil, sys, tarfile, zipfile

archive, member = sys.argv[1:]
if zipfile.is_zipfile(archive):
    source = zipfile.ZipFile(archive).open(member)
else:
    source = tarfile.open(archive).extractfile(member)
shutil.copyfileobj(source, sys.stdout.buffer, 1 << 20)
