"""Tree ensembles: prediction and exact SHAP contributions."""
