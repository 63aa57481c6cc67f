#!/bin/sh
# Makes what docker-compose.yml needs beside itself: secrets/ with passwords and keys of its own, and .env.
# What is there already stays as it is.
set -eu
cd "$(dirname "$0")/.."
umask 077

# Nobody else gets into the folder. The files in it can be read by all, because the app, Postgres and Redis
# are users of their own in their containers, and see nothing but these files.
mkdir -p secrets
chmod 700 secrets

# keep NAME: standard input becomes secrets/NAME, unless there is one.
keep() {
  if [ -e "secrets/$1" ]; then
    cat >/dev/null
    return
  fi
  cat >"secrets/$1.new"
  chmod 444 "secrets/$1.new"
  mv "secrets/$1.new" "secrets/$1"
  echo "made secrets/$1"
}

random() {
  od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
}

random | keep postgres_password
random | keep redis_password
random | keep redline_token
random | keep admin_token
random | keep encryption_key
echo "postgres://redline:$(cat secrets/postgres_password)@postgres:5432/redline" | keep database_url
echo "redis://:$(cat secrets/redis_password)@redis:6379" | keep redis_url

if [ ! -e .env ]; then
  cp .env.example .env
  echo "made .env"
fi
