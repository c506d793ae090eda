FROM python:3.12-slim
# pg_dump and pg_restore, for `homeroom backup` and `homeroom restore`
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home homeroom && mkdir /data && chown homeroom /data
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt
COPY --chown=homeroom . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER homeroom
ENV DATABASE_URL=sqlite:////data/homeroom.db WEB_HOST=0.0.0.0
VOLUME /data
STOPSIGNAL SIGTERM
CMD ["homeroom", "run"]
