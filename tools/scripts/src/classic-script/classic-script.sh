# The set-up by hand that a team pastes, line by line, with <PLACEHOLDERS>. A step is a paragraph: a title, and its commands.
# Not here are the two lines of Python that make up keys: their results are placeholders.

# 1 APIs
gcloud services enable \
  run.googleapis.com \
  sqladmin.googleapis.com \
  secretmanager.googleapis.com \
  artifactregistry.googleapis.com

# 2 repository
gcloud artifacts repositories create botbalance-backend \
  --repository-format=docker \
  --location=asia-southeast1 \
  --description="Backend images for botbalance"

# 3 deployer
gcloud iam service-accounts create gh-deployer \
  --display-name="GitHub Actions Deployer"

# 3 role run.admin
gcloud projects add-iam-policy-binding <GCP_PROJECT> \
  --member="serviceAccount:gh-deployer@<GCP_PROJECT>.iam.gserviceaccount.com" \
  --role="roles/run.admin"

# 3 role artifactregistry.writer
gcloud projects add-iam-policy-binding <GCP_PROJECT> \
  --member="serviceAccount:gh-deployer@<GCP_PROJECT>.iam.gserviceaccount.com" \
  --role="roles/artifactregistry.writer"

# 3 role secretmanager.secretAccessor
gcloud projects add-iam-policy-binding <GCP_PROJECT> \
  --member="serviceAccount:gh-deployer@<GCP_PROJECT>.iam.gserviceaccount.com" \
  --role="roles/secretmanager.secretAccessor"

# 3 role cloudsql.client
gcloud projects add-iam-policy-binding <GCP_PROJECT> \
  --member="serviceAccount:gh-deployer@<GCP_PROJECT>.iam.gserviceaccount.com" \
  --role="roles/cloudsql.client"

# 3 key
gcloud iam service-accounts keys create gh-deployer.json \
  --iam-account=gh-deployer@<GCP_PROJECT>.iam.gserviceaccount.com

# 4 instance
gcloud sql instances create botbalance-db \
  --database-version=POSTGRES_15 \
  --cpu=2 --memory=7680MB \
  --region=asia-southeast1

# 4 database
gcloud sql databases create appdb --instance=botbalance-db

# 4 user
gcloud sql users create appuser --instance=botbalance-db --password="<STRONG_PASSWORD>"

# 6 secret DJANGO_SECRET_KEY
echo -n "<your_django_secret>" | gcloud secrets create DJANGO_SECRET_KEY --data-file=-

# 6 secret DATABASE_URL
echo -n "postgresql://appuser:<STRONG_PASSWORD>@127.0.0.1:5432/appdb" | gcloud secrets create DATABASE_URL --data-file=-

# 6 secret REDIS_URL
echo -n "<REDIS_URL_FROM_UPSTASH>" | gcloud secrets create REDIS_URL --data-file=-

# 6 secret ENCRYPTION_KEY
echo -n "<FERNET_KEY>" | gcloud secrets create ENCRYPTION_KEY --data-file=-

# 6 secret CORS_ALLOWED_ORIGINS
echo -n "https://app.botbalance.me" | gcloud secrets create CORS_ALLOWED_ORIGINS --data-file=-

# 7 build
docker build -t asia-southeast1-docker.pkg.dev/<GCP_PROJECT>/botbalance-backend/api:latest ./backend

# 7 push
docker push asia-southeast1-docker.pkg.dev/<GCP_PROJECT>/botbalance-backend/api:latest

# 7 API
gcloud run deploy botbalance-api \
  --image=asia-southeast1-docker.pkg.dev/<GCP_PROJECT>/botbalance-backend/api:latest \
  --region=asia-southeast1 \
  --platform=managed \
  --allow-unauthenticated \
  --add-cloudsql-instances=<GCP_PROJECT>:asia-southeast1:botbalance-db \
  --set-secrets=DJANGO_SECRET_KEY=DJANGO_SECRET_KEY:latest,REDIS_URL=REDIS_URL:latest,ENCRYPTION_KEY=ENCRYPTION_KEY:latest \
  --set-env-vars=DATABASE_HOST=/cloudsql/<GCP_PROJECT>:asia-southeast1:botbalance-db,DJANGO_SETTINGS_MODULE=botbalance.settings.prod,ALLOWED_HOSTS=api.botbalance.me \
  --memory=512Mi --cpu=1 --concurrency=40 --min-instances=1

# 8 worker
gcloud run deploy botbalance-worker \
  --image=asia-southeast1-docker.pkg.dev/<GCP_PROJECT>/botbalance-backend/api:latest \
  --region=asia-southeast1 \
  --platform=managed \
  --no-allow-unauthenticated \
  --add-cloudsql-instances=<GCP_PROJECT>:asia-southeast1:botbalance-db \
  --set-secrets=DJANGO_SECRET_KEY=DJANGO_SECRET_KEY:latest,REDIS_URL=REDIS_URL:latest,ENCRYPTION_KEY=ENCRYPTION_KEY:latest \
  --set-env-vars=DJANGO_SETTINGS_MODULE=botbalance.settings.prod \
  --memory=512Mi --cpu=1 --concurrency=8 --min-instances=0 \
  --command="celery" --args="-A,botbalance,worker,-l,info"

# 10 bucket
gsutil mb -l asia-southeast1 gs://app.botbalance.me

# 10 public
gsutil iam ch allUsers:objectViewer gs://app.botbalance.me

# 10 site
cd frontend
pnpm install --frozen-lockfile
pnpm build
gsutil -m rsync -r dist gs://app.botbalance.me

# 13 API back
gcloud run services update-traffic botbalance-api --to-revisions=PREV=100 --region=asia-southeast1

# 13 worker back
gcloud run services update-traffic botbalance-worker --to-revisions=PREV=100 --region=asia-southeast1
